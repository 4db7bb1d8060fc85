"""Staff find in one place what they have to know; administrators see what does not get through and decide."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from complaints import actions as casework
from complaints.models import Case
from config.lib.channels import NotDelivered
from config.lib.errors import RuleBroken
from config.models import Heartbeat
from staff.models import Person, Post
from supervision.bulletin import actions as bulletin
from supervision.bulletin.periods import parse
from supervision.models import Alert, Hold, Intervention, Robot, SupervisionOrder, Wish
from supervision.telling import actions, health, queries, wishes, words
from supervision.watch.dispatch import dispatch
from supervision.watch.sweep import sweep
from tests.complaints.test_desk import sign_in
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(world: World) -> Iterator[None]:
    with time_machine.travel(world.now, tick=False):
        yield


def alert(world: World, to: Person | Robot | None = None, case: Case | None = None, **known: Any) -> Alert:
    """A message that was made now; to worker's inbox, where it has arrived, unless `known` says otherwise."""
    to = to or world.worker
    channel = known.get("channel", "robot" if isinstance(to, Robot) else "inbox")
    facts: dict[str, Any] = {
        "key": f"k{Alert.objects.count()}",
        "what": "escalation",
        "step": "remind",
        "recipient": to if isinstance(to, Person) else None,
        "robot": to if isinstance(to, Robot) else None,
        "channel": channel,
        "case": case,
        "facts": {
            "number": case.number if case else "",
            "light": "red",
            "rung": "逾期当日",
            "due": world.now.isoformat(),
        },
        "made_at": world.now,
        "next_at": world.now,
        "sent_at": world.now if channel == "inbox" else None,
    }
    return Alert.objects.create(**facts | known)


def robot(world: World, **known: Any) -> Robot:
    made = Robot(pk=known.pop("pk", 7), street=world.street, kind="wecom", name="东园工作群", steps=["remind"])
    for name, value in {"url": "https://qyapi.example/send?key=gh0st", **known}.items():
        setattr(made, name, value)
    made.save()
    return made


# ---- the inbox


def test_a_worker_sees_that_something_is_unread_and_what_it_is(world: World) -> None:
    case = world.log()
    made = alert(world, case=case)
    client = sign_in(world.worker)
    assert 'class="bell-count num">1<' in client.get("/desk/").text
    page = client.get("/inbox/").text
    assert case.number in page
    assert "逾期当日" in page
    assert "红灯" in page
    answer = client.get(f"/inbox/{made.pk}/")
    assert answer.headers["Location"] == case.get_absolute_url()
    assert "bell-count" not in client.get("/desk/").text, "whoever opened it has read it"


def test_what_has_not_arrived_yet_is_not_shown(world: World) -> None:
    alert(world, case=world.log(), sent_at=None)
    client = sign_in(world.worker)
    assert "bell-count" not in client.get("/inbox/").text


def test_somebody_elses_message_is_not_there(world: World) -> None:
    made = alert(world, case=world.log())
    other = sign_in(world.worker2)
    assert other.get(f"/inbox/{made.pk}/").status_code == 404
    other.post("/inbox/read/", {"alert": made.pk})
    other.post("/inbox/read/")
    made.refresh_from_db()
    assert made.read_at is None


def test_one_or_all_are_marked_as_read_and_the_filters_stay(world: World) -> None:
    case = world.log()
    first, second = alert(world, case=case), alert(world, case=case, step="order")
    client = sign_in(world.worker)
    answer = client.post("/inbox/read/", {"alert": first.pk, "unread": "1", "step": "order"})
    assert answer.headers["Location"] == "/inbox/?step=order&unread=1"
    first.refresh_from_db()
    assert first.read_at == world.now
    assert client.post("/inbox/read/", {"alert": "9" * 30}).status_code == 302
    client.post("/inbox/read/")
    second.refresh_from_db()
    assert second.read_at == world.now


def test_the_filters_narrow_by_step_and_to_what_is_unread(world: World) -> None:
    reminded, ordered = world.log(title="甲"), world.log(title="乙")
    alert(world, case=reminded, read_at=world.now)
    alert(world, case=ordered, step="order")
    client = sign_in(world.worker)
    for query, seen in (
        ("", {reminded, ordered}),
        ("?unread=1", {ordered}),
        ("?step=remind", {reminded}),
        ("?step=remind&unread=1", set()),
        ("?step=nonesuch&after=garbage", {reminded, ordered}),
    ):
        page = client.get(f"/inbox/{query}").text
        assert {case for case in (reminded, ordered) if case.number in page} == seen, query


def test_a_case_that_left_my_scope_shows_only_that_it_is_over_for_me(world: World) -> None:
    case = world.log()
    made = alert(world, case=case)
    Post.objects.filter(person=world.worker).update(community=world.west, unit=world.west_unit, grid=world.west_grid)
    Case.objects.filter(pk=case.pk).update(responsible=world.worker2, first_contact=world.worker2)
    client = sign_in(world.worker)
    page = client.get("/inbox/").text
    assert case.number not in page
    assert "不在您的" in page or "no longer within your scope" in page
    assert client.get(f"/inbox/{made.pk}/").headers["Location"] == "/inbox/"


def test_a_case_that_was_concluded_meanwhile_says_so(world: World) -> None:
    case = world.log()
    alert(world, case=case)
    casework.conclude(case, by=world.worker, now=world.now, version=1, outcome="resolved", text="已修好。")
    (entry,) = queries.entries([Alert.objects.get().pk], world.worker.scope())
    assert entry.ended


def test_an_order_outlives_its_case_and_says_so_only_when_it_is_closed_itself(world: World) -> None:
    case = world.log()
    order = SupervisionOrder.objects.create(
        street=world.street, number="督办〔2026〕1号", case=case, cause="ladder", unit=world.unit, person=world.worker,
        issued_at=world.now, demand="三日内办结并答复。", due_at=world.now + timedelta(days=3),
    )  # fmt: skip
    alert(world, case=case, what="order", sent_at=None, facts={"number": order.number})
    casework.conclude(case, by=world.worker, now=world.now, version=1, outcome="resolved", text="已修好。")
    dispatch(now=world.now, real=False)
    ids = list(Alert.objects.values_list("pk", flat=True))
    assert not queries.entries(ids, world.worker.scope())[0].ended
    SupervisionOrder.objects.update(closing="withdrawn", closed_at=world.now)
    assert queries.entries(ids, world.worker.scope())[0].ended


def test_a_report_that_does_not_wait_any_more_says_so(world: World) -> None:
    row = bulletin.draft(world.street, parse("2026-10"), by=None, now=world.now)
    Alert.objects.filter(what="bulletin").update(sent_at=world.now)
    client = Client()
    client.force_login(world.supervisor)
    assert "现已办结" not in client.get("/inbox/").content.decode()
    bulletin.submit(row, by=world.supervisor2, now=world.now)
    assert "现已办结" in client.get("/inbox/").content.decode()


def test_late_words_say_when_they_should_have_come(world: World) -> None:
    case = world.log()
    alert(world, case=case, facts={"number": case.number, "late": (world.now - timedelta(days=1)).isoformat()})
    (entry,) = queries.entries([Alert.objects.get().pk], world.worker.scope())
    assert entry.told.late == world.now - timedelta(days=1)
    assert "11月17日" in sign_in(world.worker).get("/inbox/").text


def test_the_inbox_turns_its_pages_and_costs_the_same_however_full_it_is(world: World) -> None:
    case = world.log()
    client = sign_in(world.worker)
    client.get("/inbox/")
    alert(world, case=case)
    with CaptureQueriesContext(connection) as few:
        client.get("/inbox/")
    for minute in range(60):
        alert(world, case=case, sent_at=world.now - timedelta(minutes=minute))
    with CaptureQueriesContext(connection) as many:
        page = client.get("/inbox/")
    assert len(many) == len(few)
    assert len(page.context["entries"]) == 50
    second = client.get(page.context["next"])
    assert len(second.context["entries"]) == 11
    assert len(client.get(second.context["prev"]).context["entries"]) == 50


def test_unread_messages_are_counted_once_per_page_through_their_own_index(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Alert.objects.bulk_create(
        Alert(
            key=str(n), what="escalation", recipient=world.worker, channel="inbox", made_at=world.now,
            next_at=world.now, sent_at=world.now,
        )
        for n in range(120)
    )  # fmt: skip
    with django_assert_num_queries(1):
        assert queries.unread(world.worker.pk) == "99+"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = queries.inbox(world.worker.pk, unread=True).order_by().values_list("pk").explain()
    assert "alert_unread" in plan


def test_an_empty_inbox_says_so(world: World) -> None:
    assert "empty" in sign_in(world.assessor).get("/inbox/").text


# ---- wishes


def test_everybody_chooses_what_comes_by_mail(world: World) -> None:
    Person.objects.filter(pk=world.worker.pk).update(email="li@example.org")
    client = sign_in(world.worker)
    assert "li@example.org" in client.get("/inbox/wishes/").text
    hows = {"tell": "daily", "remind": "never", "order": "at_once", "review": "at_once"}
    for _twice in range(2):
        assert client.post("/inbox/wishes/", hows).status_code == 302
    assert dict(Wish.objects.filter(person=world.worker).values_list("step", "mail")) == hows
    assert client.post("/inbox/wishes/", hows | {"tell": "by pigeon"}).status_code == 422


def test_who_has_no_address_is_told_that_nothing_comes_by_mail(world: World) -> None:
    assert "note-warning" in sign_in(world.worker).get("/inbox/wishes/").text
    assert wishes.by_mail("order", {}, "") == "never"


@pytest.mark.parametrize(
    ("step", "chosen", "how"),
    [
        ("tell", {}, "never"),
        ("remind", {}, "at_once"),
        ("order", {}, "at_once"),
        ("review", {"remind": "never"}, "at_once"),
        ("remind", {"remind": "daily"}, "daily"),
    ],
)
def test_what_comes_by_mail_without_and_with_a_wish(step: str, chosen: dict[str, str], how: str) -> None:
    assert wishes.by_mail(step, chosen, "li@example.org") == how


# ---- what administrators see and do


def waiting(world: World, to: Person | Robot, **known: Any) -> Alert:
    return alert(world, to, channel="robot" if isinstance(to, Robot) else "mail", case=world.log(), **known)


def test_an_administrator_sees_what_waits_fails_and_was_given_up(world: World) -> None:
    group = robot(world)
    waiting(world, world.worker)
    waiting(world, group, tries=3, error="refused 45009", next_at=world.now + timedelta(minutes=4))
    lost = waiting(world, group, tries=8, error="timeout", dead_at=world.now)
    state = queries.state([world.street.pk], world.now)
    figures = {one.code: (one.waiting, one.failing, one.dead) for one in state.channels}
    assert figures == {"inbox": (0, 0, 0), "mail": (1, 0, 0), "robot": (1, 1, 1)}
    page = sign_in(world.admin).get("/supervision/watch/").text
    assert lost.case is not None
    assert lost.case.number in page
    assert "45009" in page
    assert "gh0st" not in page
    assert world.worker.name in sign_in(world.admin).get("/supervision/watch/log/").text


def test_an_administrator_of_another_street_sees_and_touches_none_of_it(world: World) -> None:
    dead = waiting(world, world.worker, tries=8, dead_at=world.now, error="HTTP 503")
    other = world.person("other_admin", "外街管理", "admin", street=world.other_street)
    page = sign_in(other).get("/supervision/watch/").text
    assert dead.case is not None
    assert dead.case.number not in page
    assert (
        dead.case.number
        not in sign_in(other).get(f"/supervision/watch/log/?number={dead.case.number}").text.split("value=")[-1][60:]
    )
    with pytest.raises(RuleBroken):
        actions.resend(by=other, now=world.now, alert=dead.pk)


def test_the_log_is_searched_by_the_number_of_a_case(world: World) -> None:
    one, two = waiting(world, world.worker), waiting(world, world.worker2)
    assert one.case is not None
    assert queries.log([world.street.pk], one.case.number)[0] == [one.pk]
    assert queries.log([world.street.pk])[0] == [two.pk, one.pk]
    assert queries.log([world.street.pk], below=two.pk)[0] == [one.pk]
    page = sign_in(world.admin).get("/supervision/watch/log/?number=nonesuch&below=x")
    assert page.status_code == 200


def test_dead_letters_go_out_again_one_or_all_of_a_channel_and_it_is_written_down(world: World) -> None:
    group = robot(world)
    dead = [waiting(world, group, tries=8, dead_at=world.now, error="timeout") for _ in range(3)]
    client = sign_in(world.admin)
    assert client.post("/supervision/watch/resend/", {"alert": dead[0].pk}).status_code == 302
    dead[0].refresh_from_db()
    assert (dead[0].dead_at, dead[0].tries, dead[0].next_at, dead[0].error) == (None, 0, world.now, "")
    assert client.post("/supervision/watch/resend/", {"channel": "robot"}).status_code == 302
    assert list(Intervention.objects.order_by("id").values_list("what", "count", "by")) == [
        ("resent", 1, world.admin.pk),
        ("resent", 2, world.admin.pk),
    ]
    for wrong, status in (
        ({"alert": dead[0].pk}, 409),
        ({}, 422),
        ({"alert": "x"}, 422),
        ({"alert": 1, "channel": "robot"}, 422),
    ):
        assert client.post("/supervision/watch/resend/", wrong).status_code == status


def test_a_hold_is_released_with_a_reason_by_an_administrator(world: World) -> None:
    hold = Hold.objects.create(why="flood", since=world.now)
    client = sign_in(world.admin)
    page = client.get("/supervision/watch/").text
    assert "远超" in page or "far more" in page
    assert client.post("/supervision/watch/release/", {"hold": hold.pk}).status_code == 422
    assert client.post("/supervision/watch/release/", {"hold": hold.pk, "reason": "日历导错,已改正"}).status_code == 302
    hold.refresh_from_db()
    assert (hold.released_at, hold.released_by, hold.note) == (world.now, world.admin, "日历导错,已改正")
    assert client.post("/supervision/watch/release/", {"hold": hold.pk, "reason": "再放"}).status_code == 409
    assert sign_in(world.supervisor).post("/supervision/watch/release/", {"hold": hold.pk}).status_code == 403


def test_everything_is_stopped_by_hand_once(world: World) -> None:
    client = sign_in(world.admin)
    assert client.post("/supervision/watch/stop/", {"reason": "演练"}).status_code == 302
    assert client.post("/supervision/watch/stop/", {"reason": "演练"}).status_code == 409
    assert Hold.objects.get().why == "by_hand"


def test_what_is_old_is_discarded_only_under_a_hold_and_never_from_the_inbox(world: World) -> None:
    old: dict[str, Any] = {"made_at": world.now - timedelta(days=2), "next_at": world.now - timedelta(days=2)}
    mail, fresh = waiting(world, world.worker, **old), waiting(world, world.worker)
    inside = alert(world, case=world.log(), sent_at=None, **old)
    on_its_way = waiting(world, world.worker2, leased_until=world.now + timedelta(seconds=20), **old)
    before = world.now - timedelta(days=1)
    with pytest.raises(RuleBroken) as refusal:
        actions.discard(by=world.admin, now=world.now, before=before, reason="恢复前已送达")
    assert refusal.value.code == "not_held"
    Hold.objects.create(why="restored", since=world.now)
    client = sign_in(world.admin)
    given = {"before": "2026-11-17T10:00", "reason": "恢复前已送达"}
    assert client.post("/supervision/watch/discard/", given).status_code == 302
    gone = set(Alert.objects.filter(dead_at__isnull=False).values_list("pk", flat=True))
    assert gone == {mail.pk}
    assert not {fresh.pk, inside.pk, on_its_way.pk} & gone
    assert client.post("/supervision/watch/discard/", given).status_code == 409
    assert not queries.given_up(Alert.objects.all()).exists(), "what was discarded is no dead letter"


def test_interventions_cannot_be_edited_afterwards(world: World) -> None:
    actions.stop(by=world.admin, now=world.now, reason="演练")
    with pytest.raises(DatabaseError), transaction.atomic():
        Intervention.objects.update(reason="没有的事")
    with pytest.raises(DatabaseError, match="intervention_says_why"), transaction.atomic():
        Intervention.objects.create(what="stopped", at=world.now, by=world.admin)


def test_a_rung_nobody_was_told_of_is_shown(world: World) -> None:
    case = world.log()
    clock = case.clocks.get(kind="resolution")
    facts: dict[str, Any] = {"due_at": clock.due_at, "step": "tell", "reached_at": world.now, "noticed_at": world.now}
    lost = clock.escalations.create(rung="lost", name="无人可告知", **facts)
    clock.escalations.create(rung="heard", name="已告知", people=1, **facts)
    clock.escalations.create(rung="skipped", name="跳过", skipped=True, **facts)
    assert queries.nobody_told([world.street.pk]) == [lost]
    page = sign_in(world.admin).get("/supervision/watch/").text
    assert "无人可告知" in page
    assert "已告知</td>" not in page


# ---- robots


@pytest.fixture
def group(settings: Any) -> Iterator[tuple[str, list[Any]]]:
    """A far end that takes everything a WeCom robot is sent."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"errcode": 0, "errmsg": "ok"}')

        def log_message(self, *args: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    settings.ROBOT_HOSTS = frozenset({"127.0.0.1"})
    yield f"http://127.0.0.1:{server.server_port}/send?key=gh0st", got
    server.shutdown()
    server.server_close()


def test_an_administrator_sets_up_a_robot_tries_it_and_never_sees_its_address_again(
    world: World, group: tuple[str, list[Any]]
) -> None:
    url, got = group
    client = sign_in(world.admin)
    given = {
        "street": world.street.pk, "community": "", "kind": "wecom", "name": "督办群", "address": url, "key": "",
        "steps": ["order", "review"], "is_active": "on", "_try": "1",
    }  # fmt: skip
    answer = client.post("/admin/supervision/robot/add/", given, follow=True)
    made = Robot.objects.get()
    assert (made.url, made.steps) == (url, ["order", "review"])
    assert "督办群" in got[0]["text"]["content"]
    assert "messagelist" in answer.text
    page = client.get(f"/admin/supervision/robot/{made.pk}/change/").text
    assert "gh0st" not in page
    with connection.cursor() as cursor:
        cursor.execute("SELECT url FROM supervision_robot")
        assert "gh0st" not in cursor.fetchone()[0], "sealed in the database as well"
    client.post(f"/admin/supervision/robot/{made.pk}/change/", given | {"address": "", "name": "督办一群"})
    made = Robot.objects.get()
    assert (made.url, made.name, len(got)) == (url, "督办一群", 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "http://qyapi.weixin.qq.com/x"},
        {"address": "https://127.0.0.1/x"},
        {"address": "https://169.254.169.254/latest/meta-data/"},
        {"address": ""},
        {"kind": "webhook", "key": "short"},
        {"steps": []},
    ],
)
def test_a_robot_that_could_not_work_is_refused_when_it_is_entered(world: World, wrong: dict[str, Any]) -> None:
    given = {
        "street": world.street.pk, "kind": "dingtalk", "name": "群", "address": "https://1.1.1.1/robot/send",
        "key": "SEC" * 10, "steps": ["order"], "is_active": "on",
    }  # fmt: skip
    answer = sign_in(world.admin).post("/admin/supervision/robot/add/", given | wrong)
    assert answer.status_code == 200
    assert "errorlist" in answer.text
    assert not Robot.objects.exists()


def test_a_sample_that_does_not_arrive_says_why_without_the_address(world: World) -> None:
    made = robot(world, url="https://127.0.0.1/send?key=gh0st")
    given = {
        "street": world.street.pk, "kind": "wecom", "name": "群", "address": "", "key": "", "steps": ["order"],
        "_try": "1",
    }  # fmt: skip
    answer = sign_in(world.admin).post(f"/admin/supervision/robot/{made.pk}/change/", given, follow=True)
    assert words.why("address not allowed") in answer.text
    assert "gh0st" not in answer.text


# ---- health


def beat(**ago: float) -> object:
    for name, seconds in {"jobs": 10.0, "sweep": 10.0, **ago}.items():
        Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now() - timedelta(seconds=seconds)})
    return ago


def stuck(world: World) -> Alert:
    return waiting(world, world.worker, next_at=world.now - timedelta(seconds=151))


@pytest.mark.parametrize(
    ("happened", "status", "said"),
    [
        (lambda world: beat(), 200, {"ok": True, "held": False, "dispatch": True}),
        (lambda world: beat(jobs=151), 503, {"heartbeat": False, "sweep": True}),
        (lambda world: beat(sweep=151), 503, {"heartbeat": True, "sweep": False}),
        (lambda world: beat(dispatch=151), 503, {"dispatch": False}),
        (lambda world: (beat(), stuck(world)), 503, {"dispatch": False, "waiting": 1}),
        (
            lambda world: (beat(), waiting(world, world.worker, next_at=world.now - timedelta(seconds=100))),
            200,
            {"waiting": 1},
        ),
        (
            lambda world: (
                beat(),
                waiting(
                    world,
                    world.worker,
                    next_at=world.now - timedelta(hours=1),
                    leased_until=world.now + timedelta(seconds=9),
                ),
            ),
            200,
            {"waiting": 1, "oldest_waiting": None},
        ),
        (
            lambda world: (beat(), stuck(world), Hold.objects.create(why="flood", since=world.now)),
            200,
            {"ok": True, "held": True, "holds": ["flood"]},
        ),
        (
            lambda world: (beat(), waiting(world, world.worker, tries=8, dead_at=world.now)),
            200,
            {"dead": 1, "waiting": 0},
        ),
    ],
    ids=["well", "worker", "sweep", "dispatch", "not taken", "soon", "being sent", "held", "dead"],
)
def test_operators_see_within_150_seconds_what_does_not_work(
    world: World, client: Client, happened: Callable[[World], Any], status: int, said: dict[str, Any]
) -> None:
    happened(world)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/healthz/jobs")
    assert answer.status_code == status
    assert said.items() <= answer.json().items()
    assert len(asked) <= 5


def test_the_figures_for_machines_count_what_waits_and_was_given_up(world: World, client: Client) -> None:
    waiting(world, world.worker)
    waiting(world, world.worker, tries=8, dead_at=world.now)
    Hold.objects.create(why="clock", since=world.now)
    text = client.get("/metrics").text
    for line in ("linli_alerts_waiting 1.0", "linli_alerts_dead 1.0", "linli_alerts_held 1.0"):
        assert line in text


def test_a_lease_that_ran_out_counts_as_waiting(world: World) -> None:
    ran_out = world.now - timedelta(minutes=4)
    waiting(world, world.worker, next_at=ran_out - timedelta(hours=2), leased_until=ran_out)
    assert health.look().oldest_due == ran_out


# ---- from a late case to the group


@dataclass
class Carrier:
    """Takes or refuses every message that leaves the house, and keeps it."""

    broken: bool = False
    took: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, channel: str, to: Person | Robot, lines: Sequence[str], key: str) -> None:
        if self.broken:
            raise NotDelivered("timeout")
        self.took.append((channel, "\n".join(lines), key))


def late_street(world: World) -> list[Case]:
    """Three cases of worker's that turn red, people with addresses, and a group that hears of everything."""
    Person.objects.update(email="office@example.org")
    robot(world, steps=["tell", "remind", "order", "review"])
    return [world.log(title=f"周桂兰家楼道灯{n}", place="3号楼2单元", resident_address="东园3号楼") for n in range(3)]


def test_nothing_personal_leaves_the_house_however_far_cases_climb(world: World, settings: Any) -> None:
    settings.PUBLIC_URL = "https://linli.example"
    cases, post = late_street(world), Carrier()
    for days in range(0, 24, 2):
        now = world.now + timedelta(days=days)
        sweep(now=now, real=False, flood=False)
        dispatch(now=now, send=post, real=False)
    said = "\n".join(text for _channel, text, _key in post.took)
    assert {channel for channel, _text, _key in post.took} == {"mail", "robot"}
    assert "https://linli.example/" in said
    assert any(case.number in said for case in cases)
    names = list(Person.objects.values_list("name", flat=True))
    for secret in ("周桂兰", "13900000001", "楼道灯", "3号楼", "东园3号楼", "换好", "office@example.org", *names):
        assert secret not in said, secret


def test_a_message_is_given_up_after_eight_tries_and_goes_out_once_when_sent_again(world: World) -> None:
    late_street(world)
    post, now = Carrier(broken=True), world.now + timedelta(days=9)
    sweep(now=now, real=False, flood=False)
    for _try in range(8):
        dispatch(now=now, send=post, real=False)
        now += timedelta(days=1)  # at night nothing is tried
    dead = queries.given_up(Alert.objects.filter(channel="robot"))
    keys = set(dead.values_list("bundle", flat=True))
    assert dead.count()
    assert set(dead.values_list("tries", flat=True)) == {8}
    post.broken = False
    assert dispatch(now=now, send=post, real=False).sent == 0, "nobody tries what was given up"
    count = actions.resend(by=world.admin, now=now, channel="robot")
    for _twice in range(2):
        dispatch(now=now, send=post, real=False)
    assert {key for _channel, _text, key in post.took} == {str(key) for key in keys}, "under the key it had"
    assert len(post.took) == len(keys)
    assert Alert.objects.filter(channel="robot", delivery__isnull=False).count() == count


def test_under_a_hold_nothing_leaves_and_after_its_release_everything_does(world: World) -> None:
    late_street(world)
    post, now = Carrier(), world.now + timedelta(days=9)
    sweep(now=now, real=False, flood=False)
    hold = actions.stop(by=world.admin, now=now, reason="演练")
    assert dispatch(now=now, send=post, real=False).held == "by_hand"
    assert post.took == []
    assert queries.unread(world.worker.pk) == ""
    actions.release(hold.pk, by=world.admin, now=now, reason="演练结束")
    dispatch(now=now + timedelta(hours=12), send=post, real=False)
    assert post.took
    assert queries.unread(world.worker.pk) == "3"
