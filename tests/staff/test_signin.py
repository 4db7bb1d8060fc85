"""People sign in with the name an administrator gave them; nobody opens an account alone."""

from __future__ import annotations

import pytest
from django.test import Client

from staff.models import Person
from tests.world import PASSWORD, World

ROLES = [
    "worker", "worker2", "secretary", "outsider", "department_worker", "property_worker", "supervisor",
    "discipline", "assessor", "delegate", "admin",
]  # fmt: skip


def sign_in(client: Client, username: str, password: str = PASSWORD) -> bool:
    client.post("/accounts/login/", {"login": username, "password": password})
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("username", ROLES)
def test_every_role_signs_in_by_username(world: World, client: Client, username: str) -> None:
    assert sign_in(client, username)


def test_a_wrong_password_opens_nothing(world: World, client: Client) -> None:
    assert not sign_in(client, "worker", "not this")
    assert "不正确" in client.post("/accounts/login/", {"login": "worker", "password": "no"}).content.decode()


def test_somebody_switched_off_cannot_sign_in(world: World, client: Client) -> None:
    Person.objects.filter(username="worker").update(is_active=False)
    assert not sign_in(client, "worker")


def test_nobody_opens_an_account_alone(world: World, client: Client) -> None:
    before = Person.objects.count()
    new = {"username": "newbie", "password1": "a-long-one-41", "email": "n@example.org"}
    page = client.post("/accounts/signup/", new)
    assert Person.objects.count() == before
    assert page.status_code in {200, 302, 403, 404}
    assert "_auth_user_id" not in client.session


def test_somebody_without_a_password_cannot_sign_in(world: World, client: Client) -> None:
    fresh = Person.objects.create(username="fresh", name="新人")
    fresh.set_unusable_password()
    fresh.save()
    assert not sign_in(client, "fresh", "")
