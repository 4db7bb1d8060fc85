"""The watch: the ladder as data, what was escalated, who is to be told, what was delivered, and what holds it back.

An escalation and a delivery are written once and never changed. An alert is an obligation: it stays until it is
delivered or given up, whatever dies in between.
"""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from config.lib.sealed import EncryptedTextField, only_tokens

MOST_TRIES = 8


class Step(models.TextChoices):
    """What a rung of the ladder does besides telling people."""

    TELL = "tell", _("tell")
    REMIND = "remind", _("remind and urge")
    ORDER = "order", _("issue a supervision order")
    REVIEW = "review", _("open an accountability review")


class Ladder(models.Model):
    """Whom a class of deadlines tells at which point. Urgent ladders speak at night as well."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60)
    urgent = models.BooleanField(_("urgent"), default=False, help_text=_("Quiet hours do not apply."))

    class Meta:
        verbose_name = _("escalation ladder")
        verbose_name_plural = _("escalation ladders")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class LadderVersion(models.Model):
    """The rungs of a ladder from one instant on. A change is a new version; old ones stay to be read."""

    ladder = models.ForeignKey(Ladder, models.PROTECT, related_name="versions", verbose_name=_("ladder"))
    version = models.PositiveIntegerField(_("version"))
    valid_from = models.DateTimeField(_("valid from"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    reason = models.CharField(_("reason for the change"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("version of a ladder")
        verbose_name_plural = _("versions of ladders")
        ordering = ["ladder", "-version"]
        constraints = [models.UniqueConstraint(fields=["ladder", "version"], name="ladder_version_once")]

    def __str__(self) -> str:
        return f"{self.ladder} {self.version}"


class Rung(models.Model):
    """One rung: so much after the light turns yellow, or before or after the deadline, these people are told.

    `code` is the same in every version: an escalation already made is not made again by a new version.
    """

    class Point(models.TextChoices):
        YELLOW = "yellow", _("the light turns yellow")
        DUE = "due", _("the deadline passes")

    class Unit(models.TextChoices):
        MINUTES = "minutes", _("minutes")
        WORKING_DAYS = "working_days", _("working days")

    class Told(models.TextChoices):
        HANDLER = "handler", _("the responsible person")
        SECRETARY = "secretary", _("secretary of the handling unit's community")
        SUPERVISOR = "supervisor", _("street supervisors")
        DISCIPLINE = "discipline", _("street discipline officers")

    ladder = models.ForeignKey(LadderVersion, models.CASCADE, related_name="rungs", verbose_name=_("ladder"))
    code = models.SlugField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=60)
    point = models.CharField(_("counted from"), max_length=8, choices=Point)
    offset = models.SmallIntegerField(_("after"), default=0, help_text=_("Negative: before."))
    unit = models.CharField(_("unit"), max_length=14, choices=Unit, default=Unit.WORKING_DAYS)
    step = models.CharField(_("what happens"), max_length=8, choices=Step, default=Step.TELL)
    told = ArrayField(models.CharField(max_length=12, choices=Told), verbose_name=_("who is told"))
    unless_explained = models.BooleanField(_("only without a stated reason"), default=False)

    class Meta:
        verbose_name = _("rung")
        verbose_name_plural = _("rungs")
        ordering = ["ladder", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ladder", "code"], name="rung_once_per_ladder"),
            models.CheckConstraint(condition=~Q(told=[]), name="rung_tells_somebody"),
            models.CheckConstraint(condition=Q(offset__range=(-10_000, 10_000)), name="rung_offset_within_reason"),
        ]

    def __str__(self) -> str:
        return self.name


class WatchRule(models.Model):
    """Quiet hours, when alerts are a flood, and the limits of orders, from one instant on. A change is a new row."""

    version = models.PositiveIntegerField(_("version"), unique=True)
    valid_from = models.DateTimeField(_("valid from"))
    quiet_from = models.TimeField(_("quiet from"), default=time(21))
    quiet_to = models.TimeField(_("quiet to"), default=time(8), help_text=_("The same as “quiet from”: never quiet."))
    flood_least = models.PositiveIntegerField(
        _("cases told of at once at most"),
        default=200,
        help_text=_("At least so many; with more open cases, their share."),
    )
    flood_percent = models.PositiveSmallIntegerField(_("or this percentage of the open cases"), default=20)
    order_days = models.PositiveSmallIntegerField(_("working days to answer an order"), default=3)
    order_again_days = models.PositiveSmallIntegerField(_("working days to answer again"), default=1)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    reason = models.CharField(_("reason for the change"), max_length=200)

    class Meta:
        verbose_name = _("rule of the watch")
        verbose_name_plural = _("rules of the watch")
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                condition=Q(flood_percent__range=(1, 100), flood_least__gte=1), name="flood_within_reason"
            ),
            models.CheckConstraint(
                condition=Q(order_days__range=(1, 60), order_again_days__range=(1, 60)),
                name="order_days_within_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(self.version)


class Escalation(models.Model):
    """A rung that a deadline has reached, once per (deadline, due instant, rung): the due instant is its epoch.

    `reached_at` is the instant the ladder names, `noticed_at` when the sweep came by; `skipped` when a higher rung
    was reached by then and only that one is announced. `people` 0 on one that is announced: nobody was there to be told.
    """

    append_only = True

    clock = models.ForeignKey(
        "complaints.Clock",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="escalations",
        verbose_name=_("clock"),
    )
    order = models.ForeignKey(
        "supervision.SupervisionOrder",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="escalations",
        verbose_name=_("supervision order"),
    )
    item = models.ForeignKey(
        "supervision.RectificationItem",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="escalations",
        verbose_name=_("rectification item"),
    )
    due_at = models.DateTimeField(_("due at"))
    rung = models.SlugField(_("rung"), max_length=20, db_index=False)
    name = models.CharField(_("name of the rung"), max_length=60)
    step = models.CharField(_("what happens"), max_length=8, choices=Step)
    reached_at = models.DateTimeField(_("reached at"))
    noticed_at = models.DateTimeField(_("noticed at"))
    skipped = models.BooleanField(_("skipped"), default=False)
    people = models.PositiveSmallIntegerField(_("people told"), default=0)

    class Meta:
        verbose_name = _("escalation")
        verbose_name_plural = _("escalations")
        ordering = ["-noticed_at", "-id"]
        indexes = [
            models.Index(fields=["-noticed_at"], condition=Q(skipped=False, people=0), name="escalation_told_to_nobody")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(clock__isnull=False, order__isnull=True, item__isnull=True)
                | Q(clock__isnull=True, order__isnull=False, item__isnull=True)
                | Q(clock__isnull=True, order__isnull=True, item__isnull=False),
                name="escalation_is_about_one_deadline",
            ),
            models.UniqueConstraint(
                fields=["item", "due_at", "rung"],
                condition=Q(item__isnull=False),
                name="one_escalation_per_item_due_and_rung",
            ),
            models.UniqueConstraint(fields=["clock", "due_at", "rung"], name="one_escalation_per_clock_due_and_rung"),
            models.UniqueConstraint(
                fields=["order", "due_at", "rung"],
                condition=Q(order__isnull=False),
                name="one_escalation_per_order_due_and_rung",
            ),
            models.CheckConstraint(
                condition=Q(noticed_at__gte=F("reached_at")), name="escalation_noticed_when_reached"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rung} {self.due_at.isoformat()}"


class Robot(models.Model):
    """A group robot or a webhook of our own, told what happens in a street or in one community of it."""

    class Kind(models.TextChoices):
        WECOM = "wecom", _("WeCom group robot")
        DINGTALK = "dingtalk", _("DingTalk group robot")
        FEISHU = "feishu", _("Feishu group robot")
        WEBHOOK = "webhook", _("signed webhook")

    street = models.ForeignKey("staff.Street", models.PROTECT, related_name="robots", verbose_name=_("street"))
    community = models.ForeignKey(
        "staff.Community",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="robots",
        verbose_name=_("community"),
        help_text=_("Empty: the whole street."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=60)
    url = EncryptedTextField(_("address"), max_length=500)
    secret = EncryptedTextField(_("secret"), max_length=200)
    steps = ArrayField(models.CharField(max_length=8, choices=Step), verbose_name=_("told of"))
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("group robot")
        verbose_name_plural = _("group robots")
        ordering = ["street", "name"]
        constraints = [
            models.UniqueConstraint(fields=["street", "name"], name="robot_name_once_per_street"),
            only_tokens("url", "robot_url_is_sealed"),
            only_tokens("secret", "robot_secret_is_sealed"),
        ]

    def __str__(self) -> str:
        return self.name


class Wish(models.Model):
    """How a person wants to hear of a step besides the inbox, which always has it."""

    class How(models.TextChoices):
        AT_ONCE = "at_once", _("at once")
        DAILY = "daily", _("once a day")
        NEVER = "never", _("not by mail")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="wishes", verbose_name=_("person")
    )
    step = models.CharField(_("step"), max_length=8, choices=Step)
    mail = models.CharField(_("by mail"), max_length=8, choices=How)

    class Meta:
        verbose_name = _("wish about messages")
        verbose_name_plural = _("wishes about messages")
        constraints = [models.UniqueConstraint(fields=["person", "step"], name="one_wish_per_person_and_step")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.step} {self.mail}"


class Alert(models.Model):
    """Somebody has to be told something over one channel. `key` names the fact; the same fact is told once.

    A channel out of the house is tried under a lease (`leased_until`); whoever dies with it loses it. `bundle` ties
    alerts that go out as one message; a further try sends the same bundle under the same key.
    """

    class Channel(models.TextChoices):
        INBOX = "inbox", _("inbox")
        MAIL = "mail", _("mail")
        ROBOT = "robot", _("group robot or webhook")

    class What(models.TextChoices):
        ESCALATION = "escalation", _("a deadline")
        ORDER = "order", _("a supervision order")
        ITEM = "item", _("a rectification item")
        BULLETIN = "bulletin", _("a report")
        WEEKLY = "weekly", _("the weekly self-check")

    key = models.CharField(_("key"), max_length=120)
    what = models.CharField(_("about"), max_length=12, choices=What)
    step = models.CharField(_("step"), max_length=8, choices=Step, default=Step.TELL)
    urgent = models.BooleanField(_("urgent"), default=False)
    escalation = models.ForeignKey(
        Escalation, models.PROTECT, null=True, blank=True, related_name="alerts", verbose_name=_("escalation")
    )
    case = models.ForeignKey(
        "complaints.Case", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("case")
    )
    facts = models.JSONField(_("facts"), default=dict, help_text=_("Numbers and instants, never what a case says."))
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="alerts", verbose_name=_("to")
    )
    robot = models.ForeignKey(
        Robot,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="alerts",
        verbose_name=_("to the group"),
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    made_at = models.DateTimeField(_("made at"))
    next_at = models.DateTimeField(_("not before"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    leased_until = models.DateTimeField(_("being sent until"), null=True, blank=True)
    bundle = models.UUIDField(_("sent together as"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    dead_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    error = models.CharField(_("why not"), max_length=80, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-made_at", "-id"]
        indexes = [
            models.Index(
                fields=["next_at", "id"], condition=Q(sent_at__isnull=True, dead_at__isnull=True), name="alert_waiting"
            ),
            models.Index(
                fields=["recipient", "-sent_at", "-id"],
                condition=Q(channel="inbox", sent_at__isnull=False),
                name="alert_in_the_inbox",
            ),
            models.Index(
                fields=["recipient"],
                condition=Q(channel="inbox", sent_at__isnull=False, read_at__isnull=True),
                name="alert_unread",
            ),
            models.Index(fields=["dead_at"], condition=Q(dead_at__isnull=False), name="alert_given_up"),
            models.Index(fields=["robot"], condition=Q(robot__isnull=False), name="alert_to_a_robot"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "recipient", "channel"],
                condition=Q(recipient__isnull=False),
                name="one_alert_per_fact_person_and_channel",
            ),
            models.UniqueConstraint(
                fields=["key", "robot"], condition=Q(robot__isnull=False), name="one_alert_per_fact_and_robot"
            ),
            models.CheckConstraint(
                condition=Q(channel="robot", robot__isnull=False, recipient__isnull=True)
                | (~Q(channel="robot") & Q(robot__isnull=True, recipient__isnull=False)),
                name="alert_goes_to_a_person_or_a_robot",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(dead_at__isnull=True), name="alert_is_not_sent_and_given_up"
            ),
            models.CheckConstraint(condition=Q(tries__lte=MOST_TRIES), name="alert_is_tried_eight_times_at_most"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.channel}"


class Delivery(models.Model):
    """The proof that an alert has arrived, exactly one per alert."""

    append_only = True

    alert = models.OneToOneField(
        Alert, models.PROTECT, primary_key=True, related_name="delivery", verbose_name=_("alert")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")

    def __str__(self) -> str:
        return f"{self.alert_id} {self.at.isoformat()}"


class Hold(models.Model):
    """While one is in force nothing leaves: after a restore, a clock that jumped, or far more alerts than ever."""

    class Why(models.TextChoices):
        RESTORED = "restored", _("the database was restored from a copy")
        CLOCK = "clock", _("the machine's clock jumped")
        FLOOD = "flood", _("far more alerts than usual")
        BY_HAND = "by_hand", _("stopped by hand")

    why = models.CharField(_("why"), max_length=10, choices=Why)
    since = models.DateTimeField(_("since"))
    details = models.JSONField(_("details"), default=dict)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("released by")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(fields=["why"], condition=Q(released_at__isnull=True), name="one_hold_per_reason"),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by__isnull=True) | Q(released_at__isnull=False),
                name="hold_released_if_and_only_if_released_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.why} {self.since.isoformat()}"


class Anchor(models.Model):
    """Which database the watch has been looking at, to see that it was replaced by an older copy."""

    identity = models.CharField(_("identity"), max_length=120)
    last_sweep_at = models.DateTimeField(_("last sweep at"), null=True, blank=True)
    ladders = models.BigIntegerField(_("ladder version every deadline was looked at under"), null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="watch_has_one_anchor")]

    def __str__(self) -> str:
        return self.identity


class OrderCounter(models.Model):
    """The last number of a supervision order in a street and year; its row lock leaves no gaps."""

    street = models.ForeignKey("staff.Street", models.PROTECT, related_name="+", verbose_name=_("street"))
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["street", "year"], name="one_order_counter_per_street_and_year")]

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class SupervisionOrder(models.Model):
    """督办单: a case pushed by name and with a deadline of its own. Where it stands follows from what is filled in.

    An empty `demand` marks an order whose words were forgotten.
    """

    class Cause(models.TextChoices):
        LADDER = "ladder", _("the ladder")
        BY_HAND = "by_hand", _("a supervisor")

    class Closing(models.TextChoices):
        NONE = "", _("open")
        DONE = "done", _("done")
        WITHDRAWN = "withdrawn", _("withdrawn")

    street = models.ForeignKey("staff.Street", models.PROTECT, related_name="orders", verbose_name=_("street"))
    number = models.CharField(_("number"), max_length=40)
    case = models.ForeignKey("complaints.Case", models.PROTECT, related_name="orders", verbose_name=_("case"))
    cause = models.CharField(_("issued by"), max_length=10, choices=Cause)
    unit = models.ForeignKey("staff.Unit", models.PROTECT, related_name="orders", verbose_name=_("to the unit"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders", verbose_name=_("to the person")
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("supervisor")
    )
    issued_at = models.DateTimeField(_("issued at"))
    clock = models.ForeignKey(
        "complaints.Clock",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("limit of the case"),
    )
    clock_due_at = models.DateTimeField(_("that limit, as it was when the order was issued"), null=True, blank=True)
    demand = models.TextField(_("what is demanded"))
    yellow_at = models.DateTimeField(_("yellow after"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"))
    provisional = models.BooleanField(_("provisional"), default=False)
    next_turn_at = models.DateTimeField(_("to be looked at"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    closing = models.CharField(_("closed as"), max_length=10, choices=Closing, blank=True, default=Closing.NONE)
    word = models.TextField(_("word on the answer"), blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("supervision order")
        verbose_name_plural = _("supervision orders")
        ordering = ["-issued_at", "-id"]
        indexes = [
            models.Index(
                fields=["next_turn_at"],
                condition=Q(closed_at__isnull=True, next_turn_at__isnull=False),
                name="order_running_by_turn",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["street", "number"], name="order_number_once_per_street"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(closed_at__isnull=True), name="one_open_order_per_case"
            ),
            models.CheckConstraint(
                condition=Q(closing="", closed_at__isnull=True) | (~Q(closing="") & Q(closed_at__isnull=False)),
                name="order_closed_if_and_only_if_closed_at",
            ),
            models.CheckConstraint(
                condition=Q(yellow_at__isnull=True) | Q(yellow_at__lte=F("due_at")), name="order_yellow_then_due"
            ),
            models.CheckConstraint(
                condition=Q(cause="ladder", issued_by__isnull=True) | Q(cause="by_hand", issued_by__isnull=False),
                name="order_by_hand_names_its_supervisor",
            ),
            models.CheckConstraint(
                condition=Q(closed_by__isnull=True) | ~Q(closing="done") | ~Q(closed_by=F("answered_by")),
                name="order_is_closed_by_another_person",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_forgotten(self) -> bool:
        return not self.demand


class OrderStep(models.Model):
    """What was done with an order, by whom and in which words. The ladder's own steps name nobody."""

    append_only = True

    class What(models.TextChoices):
        ISSUED = "issued", _("issued")
        ANSWERED = "answered", _("answered")
        SENT_BACK = "sent_back", _("answer sent back")
        ACCEPTED = "accepted", _("answer accepted")
        WITHDRAWN = "withdrawn", _("withdrawn")

    order = models.ForeignKey(SupervisionOrder, models.PROTECT, related_name="steps", verbose_name=_("order"))
    what = models.CharField(_("what"), max_length=10, choices=What)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))
    text = models.TextField(_("words"), blank=True)

    class Meta:
        verbose_name = _("step of an order")
        verbose_name_plural = _("steps of an order")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return f"{self.order_id} {self.what}"
