"""People: users with a role, the team tree, territories."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.core.models import ListItem
from dingke.people.calc import Role

ROLE_LABELS = {
    Role.REP: _("Sales representative"),
    Role.KEY_ACCOUNT_MANAGER: _("Key account manager"),
    Role.SALES_MANAGER: _("Sales manager"),
    Role.DIRECTOR: _("Sales director"),
    Role.SERVICE: _("Service"),
    Role.FINANCE: _("Finance"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.READ_ONLY: _("Read only"),
}


class User(AbstractUser):
    """A person who signs in. `name` is shown everywhere; Chinese names have no first and last."""

    name = models.CharField(_("Name"), max_length=80)
    role = models.CharField(
        _("Role"), max_length=24, choices=[(role.value, label) for role, label in ROLE_LABELS.items()], default=Role.REP
    )
    team = models.ForeignKey("Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="members")
    phone = models.CharField(_("Mobile"), max_length=30, blank=True)
    title = models.CharField(_("Job title"), max_length=80, blank=True)
    pinyin = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=10, blank=True)
    # stays open when a staff list or the directory does not name the person
    is_outside = models.BooleanField(_("Outside or service account"), default=False)
    # how the organisation's directory knows the person, whatever the name there; empty for people who were added here
    directory_id = models.CharField(max_length=200, blank=True)

    class Meta(AbstractUser.Meta):
        ordering = ["pinyin", "id"]
        constraints = [models.UniqueConstraint(fields=["directory_id"], condition=~models.Q(directory_id=""), name="user_directory_id")]

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def role_label(self) -> str:
        return str(ROLE_LABELS[Role(self.role)])


class Team(models.Model):
    """A node of the team tree. `path` is "/1/4/9/": ancestors and itself, so that "below" is a prefix."""

    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)
    leaders = models.ManyToManyField(User, blank=True, related_name="led_teams")

    class Meta:
        ordering = ["path", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], condition=models.Q(archived_at__isnull=True), name="team_name_under_parent")
        ]
        indexes = [models.Index(fields=["path"], name="team_path")]

    def __str__(self) -> str:
        return self.name


class Territory(models.Model):
    """A part of the market: its members see every account that lies in it. Empty rules match nothing by themselves."""

    name = models.CharField(max_length=80, unique=True)
    members = models.ManyToManyField(User, blank=True, related_name="territories")
    regions = models.ManyToManyField(ListItem, blank=True, related_name="+")
    industries = models.ManyToManyField(ListItem, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A key by which a program acts as a person, within `scopes`. The key itself is shown once; only its digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    start = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_address = models.CharField(max_length=45, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "-id"], name="api_token_by_user")]

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """Somebody is asked by mail to come in. Only the digest of the link is kept; it opens once, until `expires_at`."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=24, choices=[(role.value, label) for role, label in ROLE_LABELS.items()])
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    language = models.CharField(max_length=10)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    mails = models.PositiveIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    person = models.OneToOneField(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="invitation")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["email"], condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True), name="invitation_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email


class RequestCount(models.Model):
    """How many requests of one caller came in one minute; shared by every web process."""

    caller = models.CharField(max_length=64)
    minute = models.BigIntegerField()
    number = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["caller", "minute"], name="request_count_once")]
        indexes = [models.Index(fields=["minute"], name="request_count_age")]


class SharedCache(models.Model):
    """The table behind Django's cache: what must be known on every node at once, such as a one-time code that was used."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "dingke_cache"
        ordering = ["cache_key"]
