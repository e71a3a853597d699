"""Page doors of people. The settings name these by `dingke.people.views.X`."""

from dingke.people.views.sign_in import ClosedSignUp, language, locked_out, preferences, sign_in_context

__all__ = ["ClosedSignUp", "language", "locked_out", "preferences", "sign_in_context"]
