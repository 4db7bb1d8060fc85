import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TAGS = [
    ("quick", "办得快", "efficiency", 4, 5),
    ("done_well", "办得彻底", "result", 4, 5),
    ("once_only", "不用多跑多说", "efficiency", 4, 5),
    ("friendly", "态度热情", "attitude", 4, 5),
    ("clear", "讲得清楚", "attitude", 4, 5),
    ("could_be_quicker", "可以再快些", "efficiency", 3, 3),
    ("not_quite_done", "还差一点没办完", "result", 3, 3),
    ("could_talk_more", "希望多联系", "attitude", 3, 3),
    ("too_slow", "办得太慢、超时", "efficiency", 1, 2),
    ("sent_around", "反复跑、反复说", "efficiency", 1, 2),
    ("not_done", "问题没有解决", "result", 1, 2),
    ("not_as_told", "答复与实际不符", "result", 1, 2),
    ("rude", "态度生硬", "attitude", 1, 2),
    ("passed_on", "推来推去", "attitude", 1, 2),
    ("not_contacted", "一直没人联系", "attitude", 1, 2),
]


def plant_tags(apps, schema_editor):
    Tag = apps.get_model("complaints", "RatingTag")
    for place, (code, name, about, lowest, highest) in enumerate(TAGS):
        Tag.objects.create(code=code, name=name, about=about, lowest=lowest, highest=highest, place=place)


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0010_settle_search_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("registered", "registered"),
                    ("edited", "facts corrected"),
                    ("contacted", "resident contacted"),
                    ("noted", "note for colleagues"),
                    ("replied", "interim reply"),
                    ("attached", "file added"),
                    ("offered", "hand-over offered"),
                    ("dispatched", "dispatched to a unit"),
                    ("accepted", "hand-over accepted"),
                    ("declined", "hand-over declined"),
                    ("taken_back", "offer taken back"),
                    ("returned", "returned by the unit"),
                    ("objected", "objection raised"),
                    ("adjudicated", "adjudicated"),
                    ("joint_asked", "co-unit asked"),
                    ("joint_done", "co-unit answered"),
                    ("joint_cancelled", "joint task cancelled"),
                    ("consent_asked", "consent asked"),
                    ("consent_given", "consent given"),
                    ("consent_refused", "consent refused"),
                    ("resumed", "clock resumed"),
                    ("concluded", "concluded with a reply"),
                    ("called_back", "called back"),
                    ("redone", "to be done again"),
                    ("reopened", "reopened"),
                    ("withdrawn", "withdrawn"),
                    ("merged", "linked as duplicate"),
                    ("said", "message of the resident"),
                    ("urged", "urged by the resident"),
                    ("photo", "photo of the resident"),
                    ("rated", "rated by the resident"),
                    ("supplemented", "rating supplemented"),
                    ("rating_checked", "bad rating followed up"),
                    ("praise_decided", "praise decided"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="RatingTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=30, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=30, verbose_name="name")),
                (
                    "about",
                    models.CharField(
                        choices=[("efficiency", "efficiency"), ("result", "result"), ("attitude", "attitude")],
                        max_length=12,
                        verbose_name="about",
                    ),
                ),
                ("lowest", models.PositiveSmallIntegerField(verbose_name="from level")),
                ("highest", models.PositiveSmallIntegerField(verbose_name="to level")),
                ("place", models.PositiveSmallIntegerField(default=0, verbose_name="place")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
            ],
            options={
                "verbose_name": "reason of a rating",
                "verbose_name_plural": "reasons of ratings",
                "ordering": ["-highest", "place", "code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("highest__lte", 5), ("lowest__gte", 1), ("lowest__lte", models.F("highest"))
                        ),
                        name="tag_fits_five_levels",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cycle", models.PositiveSmallIntegerField(verbose_name="cycle")),
                (
                    "solved",
                    models.CharField(
                        choices=[
                            ("", "not asked"),
                            ("yes", "solved"),
                            ("partly", "partly solved"),
                            ("no", "not solved"),
                        ],
                        max_length=8,
                        verbose_name="solved?",
                    ),
                ),
                (
                    "satisfied",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (5, "very satisfied"),
                            (4, "satisfied"),
                            (3, "basically satisfied"),
                            (2, "dissatisfied"),
                            (1, "very dissatisfied"),
                        ],
                        verbose_name="satisfied?",
                    ),
                ),
                ("efficiency", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="how quick")),
                ("result", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="how well solved")),
                ("attitude", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="how friendly")),
                ("text", models.TextField(blank=True, verbose_name="in the resident's words")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "via",
                    models.CharField(
                        choices=[("track", "web page"), ("counter", "slip at the counter"), ("callback", "call back")],
                        max_length=10,
                        verbose_name="way",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ratings",
                        to="complaints.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "rated",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="whose work is rated",
                    ),
                ),
                (
                    "supplements",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="supplement",
                        to="complaints.rating",
                        verbose_name="supplements",
                    ),
                ),
                (
                    "tags",
                    models.ManyToManyField(
                        blank=True, related_name="+", to="complaints.ratingtag", verbose_name="reasons"
                    ),
                ),
            ],
            options={
                "verbose_name": "rating",
                "verbose_name_plural": "ratings",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="PraiseProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("proposed_at", models.DateTimeField(verbose_name="proposed at")),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("", "proposed"), ("confirmed", "confirmed"), ("declined", "declined")],
                        default="",
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("reason", models.TextField(blank=True, verbose_name="grounds")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="praise",
                        to="complaints.case",
                        verbose_name="case",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="praise",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="praised person",
                    ),
                ),
            ],
            options={
                "verbose_name": "proposal of a blue card",
                "verbose_name_plural": "proposals of blue cards",
                "ordering": ["-proposed_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "person"), name="one_praise_per_case_and_person"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("person")), _negated=True),
                            _connector="OR",
                        ),
                        name="praise_is_not_decided_by_the_praised",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("verdict", "")),
                            models.Q(
                                models.Q(("verdict", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="praise_is_decided_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RatingCheck",
            fields=[
                (
                    "rating",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="follow_up",
                        serialize=False,
                        to="complaints.rating",
                    ),
                ),
                ("due_at", models.DateTimeField(verbose_name="to be verified by")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "not verified yet"),
                            ("fix_now", "put right at once"),
                            ("fix_by", "to be put right by a set day"),
                            ("explained", "explained"),
                            ("mistaken", "rated by mistake or untrue"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("finding", models.TextField(blank=True, verbose_name="what was found")),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified at")),
                ("fix_by_at", models.DateTimeField(blank=True, null=True, verbose_name="to be put right by")),
                ("excluded", models.BooleanField(blank=True, null=True, verbose_name="not counted")),
                ("excluded_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("grounds", models.TextField(blank=True, verbose_name="grounds of the decision")),
                ("fixed_at", models.DateTimeField(blank=True, null=True, verbose_name="put right at")),
                ("fixed", models.TextField(blank=True, verbose_name="what was put right")),
                ("told_at", models.DateTimeField(blank=True, null=True, verbose_name="told at")),
                ("told", models.TextField(blank=True, verbose_name="what the resident was told")),
                ("called_at", models.DateTimeField(blank=True, null=True, verbose_name="called at")),
                ("said", models.TextField(blank=True, verbose_name="what the resident said to it")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                (
                    "called_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="called by",
                    ),
                ),
                (
                    "excluded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "fixed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="confirmed by",
                    ),
                ),
                (
                    "rated",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="rated",
                    ),
                ),
                (
                    "told_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="told by",
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="verified by",
                    ),
                ),
            ],
            options={
                "verbose_name": "check of a bad rating",
                "verbose_name_plural": "checks of bad ratings",
                "ordering": ["due_at", "rating"],
            },
        ),
        migrations.CreateModel(
            name="RatingReminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cycle", models.PositiveSmallIntegerField(verbose_name="cycle")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="complaints.case",
                        verbose_name="case",
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder to rate",
                "verbose_name_plural": "reminders to rate",
                "constraints": [
                    models.UniqueConstraint(fields=("case", "cycle"), name="one_reminder_to_rate_per_cycle")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.UniqueConstraint(
                condition=models.Q(("supplements__isnull", True)), fields=("case", "cycle"), name="one_rating_per_cycle"
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.UniqueConstraint(
                condition=models.Q(("supplements__isnull", False)),
                fields=("case", "cycle"),
                name="one_supplement_per_cycle",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("supplements", models.F("id")), _negated=True),
                name="rating_does_not_supplement_itself",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("satisfied__range", (1, 5))), name="rating_has_five_levels"
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("solved__in", ["yes", "partly", "no"])), name="rating_says_whether_solved"
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("efficiency__isnull", True), ("efficiency__range", (1, 5)), _connector="OR"),
                name="rating_efficiency_has_five_levels",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("result__isnull", True), ("result__range", (1, 5)), _connector="OR"),
                name="rating_result_has_five_levels",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("attitude__isnull", True), ("attitude__range", (1, 5)), _connector="OR"),
                name="rating_attitude_has_five_levels",
            ),
        ),
        migrations.AddIndex(
            model_name="ratingcheck",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)), fields=["due_at"], name="rating_check_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("verified_by__isnull", True),
                    models.Q(("verified_by", models.F("rated")), _negated=True),
                    _connector="OR",
                ),
                name="verified_by_is_not_the_rated",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("excluded_by__isnull", True),
                    models.Q(("excluded_by", models.F("rated")), _negated=True),
                    _connector="OR",
                ),
                name="excluded_by_is_not_the_rated",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("fixed_by__isnull", True),
                    models.Q(("fixed_by", models.F("rated")), _negated=True),
                    _connector="OR",
                ),
                name="fixed_by_is_not_the_rated",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("told_by__isnull", True), models.Q(("told_by", models.F("rated")), _negated=True), _connector="OR"
                ),
                name="told_by_is_not_the_rated",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("called_by__isnull", True),
                    models.Q(("called_by", models.F("rated")), _negated=True),
                    _connector="OR",
                ),
                name="called_by_is_not_the_rated",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("excluded_by__isnull", True),
                    models.Q(("excluded_by", models.F("verified_by")), _negated=True),
                    _connector="OR",
                ),
                name="exclusion_is_decided_by_a_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", ""), ("verified_at__isnull", True), ("verified_by__isnull", True)),
                    models.Q(
                        models.Q(("outcome", ""), _negated=True),
                        ("verified_at__isnull", False),
                        ("verified_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="rating_check_has_an_outcome_if_and_only_if_verified",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("closed_at__isnull", True), ("told_at__isnull", False), _connector="OR"),
                name="resident_is_told_before_the_end",
            ),
        ),
        migrations.RunPython(plant_tags, migrations.RunPython.noop),
    ]
