from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Past the draft nothing that is read or hashed may change; what has been issued cannot be taken away.
FROZEN = """
CREATE FUNCTION linli_bulletin_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status IN ('issued', 'published') THEN
            RAISE EXCEPTION 'bulletin_is_frozen: DELETE of bulletin %', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
        ('draft', 'review'), ('review', 'draft'), ('review', 'issued'), ('issued', 'published')
    ) THEN
        RAISE EXCEPTION 'bulletin_moves_legally: % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.street_id, OLD.community_id, OLD.span, OLD.first, OLD.revision)
        IS DISTINCT FROM (NEW.street_id, NEW.community_id, NEW.span, NEW.first, NEW.revision)
        OR (OLD.status <> 'draft' AND (
            (OLD.sha256, OLD.foreword, OLD.praise, OLD.problems, OLD.asks, OLD.public_words, OLD.what_changed)
            IS DISTINCT FROM
            (NEW.sha256, NEW.foreword, NEW.praise, NEW.problems, NEW.asks, NEW.public_words, NEW.what_changed)
            OR OLD.snapshot IS DISTINCT FROM NEW.snapshot OR OLD.facts IS DISTINCT FROM NEW.facts
            OR OLD.drafted_by_id IS DISTINCT FROM NEW.drafted_by_id
        ))
        OR (OLD.status IN ('issued', 'published') AND (
            (OLD.reviewed_by_id, OLD.reviewed_at, OLD.issued_by_id, OLD.issued_at)
            IS DISTINCT FROM (NEW.reviewed_by_id, NEW.reviewed_at, NEW.issued_by_id, NEW.issued_at)
        ))
        OR (OLD.status = 'published' AND (
            OLD.public IS DISTINCT FROM NEW.public OR OLD.published_at IS DISTINCT FROM NEW.published_at
            OR OLD.published_by_id IS DISTINCT FROM NEW.published_by_id
        ))
        OR (OLD.replaced_at IS NOT NULL AND OLD.replaced_at IS DISTINCT FROM NEW.replaced_at)
    THEN
        RAISE EXCEPTION 'bulletin_is_frozen: bulletin %', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bulletin_is_frozen BEFORE UPDATE OR DELETE ON supervision_bulletin
    FOR EACH ROW EXECUTE FUNCTION linli_bulletin_is_frozen();
CREATE TRIGGER history_cannot_be_emptied BEFORE TRUNCATE ON supervision_bulletin
    FOR EACH STATEMENT EXECUTE FUNCTION linli_history_cannot_be_edited();
CREATE TRIGGER history_cannot_be_edited BEFORE UPDATE OR DELETE ON supervision_rateterms
    FOR EACH ROW EXECUTE FUNCTION linli_history_cannot_be_edited();
CREATE TRIGGER history_cannot_be_emptied BEFORE TRUNCATE ON supervision_rateterms
    FOR EACH STATEMENT EXECUTE FUNCTION linli_history_cannot_be_edited();
"""
THAWED = """
DROP TRIGGER bulletin_is_frozen ON supervision_bulletin;
DROP TRIGGER history_cannot_be_emptied ON supervision_bulletin;
DROP TRIGGER history_cannot_be_edited ON supervision_rateterms;
DROP TRIGGER history_cannot_be_emptied ON supervision_rateterms;
DROP FUNCTION linli_bulletin_is_frozen();
"""


def plant(apps: Any, schema_editor: Any) -> None:
    """The recommendation of the domain rules, in force since ever."""
    apps.get_model("supervision", "RateTerms").objects.create(
        version=1, valid_from=datetime(2000, 1, 1, tzinfo=UTC), reason="默认口径"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0002_plain_words"),
        ("supervision", "0006_interventions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Bulletin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "span",
                    models.CharField(
                        choices=[("month", "month"), ("quarter", "quarter"), ("year", "whole year")],
                        max_length=8,
                        verbose_name="span",
                    ),
                ),
                ("first", models.DateField(verbose_name="first day")),
                ("revision", models.PositiveSmallIntegerField(default=1, verbose_name="revision")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("review", "checked, waits to be issued"),
                            ("issued", "issued"),
                            ("published", "published"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("snapshot", models.JSONField(verbose_name="figures")),
                ("facts", models.JSONField(verbose_name="cases behind the figures")),
                ("sha256", models.CharField(max_length=64, verbose_name="hash")),
                ("public", models.JSONField(blank=True, null=True, verbose_name="public version")),
                ("foreword", models.TextField(blank=True, verbose_name="foreword")),
                ("praise", models.TextField(blank=True, verbose_name="praise")),
                ("problems", models.TextField(blank=True, verbose_name="what has to be put right")),
                ("asks", models.TextField(blank=True, verbose_name="what is asked of the next period")),
                ("public_words", models.TextField(blank=True, verbose_name="words to residents")),
                ("what_changed", models.TextField(blank=True, verbose_name="what changed")),
                ("drafted_at", models.DateTimeField(verbose_name="drafted at")),
                ("reviewed_at", models.DateTimeField(blank=True, null=True, verbose_name="checked at")),
                ("issued_at", models.DateTimeField(blank=True, null=True, verbose_name="issued at")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published at")),
                ("replaced_at", models.DateTimeField(blank=True, null=True, verbose_name="replaced at")),
                (
                    "community",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.community",
                        verbose_name="community",
                    ),
                ),
                (
                    "drafted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="drafted by",
                    ),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="issued by",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="published by",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="checked by",
                    ),
                ),
                (
                    "street",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.street",
                        verbose_name="street",
                    ),
                ),
            ],
            options={
                "verbose_name": "bulletin",
                "verbose_name_plural": "bulletins",
                "ordering": ["-first", "span", "community", "-revision"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("street", "community", "span", "first", "revision"),
                        name="bulletin_revision_once",
                        nulls_distinct=False,
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["draft", "review"])),
                        fields=("street", "community", "span", "first"),
                        name="one_bulletin_in_work",
                        nulls_distinct=False,
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("replaced_at__isnull", True), ("status__in", ["issued", "published"])),
                        fields=("street", "community", "span", "first"),
                        name="one_bulletin_in_force",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("issued_by__isnull", True),
                            models.Q(
                                models.Q(("issued_by", models.F("reviewed_by")), _negated=True),
                                models.Q(
                                    ("drafted_by__isnull", True),
                                    models.Q(("issued_by", models.F("drafted_by")), _negated=True),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="bulletin_is_issued_by_another_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reviewed_at__isnull", True), ("reviewed_by__isnull", True), ("status", "draft")),
                            models.Q(
                                models.Q(("status", "draft"), _negated=True),
                                ("reviewed_at__isnull", False),
                                ("reviewed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="bulletin_past_the_draft_was_checked",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("issued_at__isnull", True),
                                ("issued_by__isnull", True),
                                ("status__in", ["draft", "review"]),
                            ),
                            models.Q(
                                ("issued_at__isnull", False),
                                ("issued_by__isnull", False),
                                ("status__in", ["issued", "published"]),
                            ),
                            _connector="OR",
                        ),
                        name="bulletin_issued_says_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("public__isnull", False), ("published_at__isnull", False), ("status", "published")
                            ),
                            models.Q(
                                models.Q(("status", "published"), _negated=True),
                                ("public__isnull", True),
                                ("published_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="bulletin_published_after_it_was_issued",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("revision", 1), models.Q(("what_changed", ""), _negated=True), _connector="OR"
                        ),
                        name="bulletin_revision_says_what_changed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("replaced_at__isnull", True), ("status__in", ["issued", "published"]), _connector="OR"
                        ),
                        name="bulletin_replaced_was_in_force",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RateTerms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(unique=True, verbose_name="version")),
                ("valid_from", models.DateTimeField(verbose_name="valid from")),
                (
                    "minimum_sample",
                    models.PositiveSmallIntegerField(
                        default=10, help_text="Below it no percentage is compared.", verbose_name="smallest sample"
                    ),
                ),
                (
                    "partly",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0.5"),
                        help_text="From 0 to 1.",
                        max_digits=3,
                        verbose_name="“partly solved” counts",
                    ),
                ),
                ("response_weight", models.PositiveSmallIntegerField(default=10, verbose_name="weight of response")),
                (
                    "resolution_weight",
                    models.PositiveSmallIntegerField(default=60, verbose_name="weight of resolution"),
                ),
                (
                    "satisfaction_weight",
                    models.PositiveSmallIntegerField(default=30, verbose_name="weight of satisfaction"),
                ),
                (
                    "suppress_below",
                    models.PositiveSmallIntegerField(
                        default=5,
                        help_text="Smaller numbers, but for nought, are held back in what residents see.",
                        verbose_name="smallest number published",
                    ),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="reason for the change")),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
            ],
            options={
                "verbose_name": "terms of the rates",
                "verbose_name_plural": "terms of the rates",
                "ordering": ["-version"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("partly__range", (Decimal("0"), Decimal("1")))),
                        name="partly_counts_between_0_and_1",
                        violation_error_message="“Partly solved” counts between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("response_weight__gt", 0),
                            ("resolution_weight__gt", 0),
                            ("satisfaction_weight__gt", 0),
                            _connector="OR",
                        ),
                        name="rates_have_some_weight",
                        violation_error_message="One of the weights has to be more than zero.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minimum_sample__range", (1, 1000)), ("suppress_below__range", (3, 100))),
                        name="small_numbers_stay_small",
                        violation_error_message="Hold back below 3 to 100; the smallest sample is 1 to 1000.",
                    ),
                ],
            },
        ),
        migrations.RunPython(plant, migrations.RunPython.noop),
        migrations.RunSQL(FROZEN, THAWED),
    ]
