"""What is refused in the life of an installation, each with a sentence that says why and what to do."""

from __future__ import annotations

from dingke.core.errors import Refusal


class UnableToBackUp(Refusal):
    code = "unable_to_back_up"


class DamagedBackup(Refusal):
    """The file is not whole: cut off, changed, or not a backup at all."""

    code = "damaged_backup"


class WrongPassphrase(Refusal):
    code = "wrong_passphrase"


class UnableToRestore(Refusal):
    code = "unable_to_restore"


class UnableToUpgrade(Refusal):
    """Refused before anything was changed."""

    code = "unable_to_upgrade"


class UnableToRetry(Refusal):
    code = "unable_to_retry"
