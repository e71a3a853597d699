"""Page doors of people. The settings name these by `dingke.people.views.X`."""

from dingke.people.views.adapters import ClosedSignUp, SecondFactorAdapter
from dingke.people.views.identities import IdentityAdapter
from dingke.people.views.sign_in import language, locked_out, preferences, sign_in_context

__all__ = ["ClosedSignUp", "IdentityAdapter", "SecondFactorAdapter", "language", "locked_out", "preferences", "sign_in_context"]
