"""Verbs on people, by topic. Who builds on people calls them here: `people.actions.add_user(...)`."""

from dingke.people.actions.importing import import_people
from dingke.people.actions.missing import absent_people, close_missing
from dingke.people.actions.teams import (
    UnableToArchiveTeam,
    UnableToMoveTeam,
    add_team,
    archive_team,
    edit_team,
    lead_team,
    move_members,
    move_team,
    restore_team,
)
from dingke.people.actions.territories import (
    add_territory,
    archive_territory,
    edit_territory,
    restore_territory,
    set_territory,
)
from dingke.people.actions.users import (
    UnableToDeactivate,
    UnableToSendMail,
    add_user,
    deactivate_user,
    edit_me,
    edit_user,
    proposed_username,
    reactivate_user,
    send_reset_mail,
    set_password,
    set_preferences,
    username_from,
)

__all__ = [
    "UnableToArchiveTeam",
    "UnableToDeactivate",
    "UnableToMoveTeam",
    "UnableToSendMail",
    "absent_people",
    "add_team",
    "add_territory",
    "add_user",
    "archive_team",
    "archive_territory",
    "close_missing",
    "deactivate_user",
    "edit_me",
    "edit_team",
    "edit_territory",
    "edit_user",
    "import_people",
    "lead_team",
    "move_members",
    "move_team",
    "proposed_username",
    "reactivate_user",
    "restore_team",
    "restore_territory",
    "send_reset_mail",
    "set_password",
    "set_preferences",
    "set_territory",
    "username_from",
]
