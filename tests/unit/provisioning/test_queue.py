"""One request of a subscription at a time, across lanes, batches and restarts; each fact answered once."""

import pytest

from services.chassis.errors import Conflict
from services.chassis.memory import MemoryStore, MemoryTransaction
from services.chassis.work import Taken, Work
from services.provisioning.domain import repeats, subscription
from tests.unit.provisioning.builders import (
    ACME,
    DAY,
    NOW,
    A,
    Answer,
    B,
    C,
    completed,
    fact,
    failed,
    in_bank,
    order,
    reserved,
    town_with,
    wish,
)  # fmt: skip


async def test_a_swap_survives_a_restart_after_every_step() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A]))
    town.receives(fact("swapped", old=A, new=B))

    await town.step("billing.events")
    assert [step["verb"] for step in town.documents("subscriptions")["S-1"]["request"]["steps"]] == [
        "number.assign", "number.unassign",
    ]  # fmt: skip
    assert [command["subscription"] for command in town.documents("pending").values()] == ["S-1"]
    await town.step("inventory.commands")
    await town.step("inventory.events")
    assert town.assigned_to("S-1") == [A, B]
    [answer] = await town.hears()

    assert Answer(answer) == completed((B, "assigned"), (A, "held"))
    assert town.documents("subscriptions")["S-1"]["request"] is None
    assert town.documents("pending") == {}


async def test_what_is_terminated_during_a_swap_keeps_no_number() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A]))

    answers = await town.hears(fact("swapped", old=A, new=B), fact("terminated"))

    assert [Answer(answer) for answer in answers] == [completed((B, "assigned"), (A, "held")), completed((B, "held"))]
    assert town.assigned_to("S-1") == []


async def test_facts_of_one_batch_are_answered_in_their_order() -> None:
    town = await town_with(A, B, C)

    answers = await town.hears(
        fact("renewed"), fact("activated", numbers=[A]), fact("changed", added=[B]), fact("renewed"),
        fact("changed", added=[C], removed=[A]), fact("expired"), fact("reactivated"), fact("terminated"),
        fact("activated", numbers=[A]),
    )  # fmt: skip

    assert [Answer(answer) for answer in answers] == [
        failed("unknown_subscription"),
        completed((A, "assigned")),
        completed((B, "assigned")),
        completed(),
        completed((C, "assigned"), (A, "held")),
        completed((B, "held"), (C, "held")),
        completed((B, "assigned"), (C, "assigned")),
        completed((B, "held"), (C, "held")),
        failed("subscription_ended", (A, "rejected", "subscription_ended")),
    ]


async def test_beyond_a_thousand_nothing_more_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "MOST_WAITING", 2)
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A]))
    town.receives(fact("changed", added=[B]))
    await town.step("billing.events")

    answers = await town.hears(fact("renewed"), fact("renewed"), fact("changed", added=[C]))

    code = "too_many_waiting"
    assert [Answer(answer) for answer in answers] == [
        failed(code, (C, "rejected", code)), completed((B, "assigned")), completed(), completed(),
    ]  # fmt: skip


async def test_too_many_numbers_may_not_wait_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "MOST_NUMBERS_WAITING", 2)
    town = await town_with(A, B)
    town.receives(fact("activated", numbers=[A]))
    await town.step("billing.events")

    answers = await town.hears(fact("changed", added=[A, B]), fact("renewed"))

    assert [Answer(answer).code for answer in answers] == ["too_many_waiting", None, None]


async def test_a_sender_that_repeats_itself_is_answered_once() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A], id="7"))

    assert await town.hears(fact("activated", numbers=[B], id="7")) == []
    assert await town.hears(fact("terminated", of="S-9", id="8"), fact("terminated", of="S-9", id="8")) != []
    assert await town.hears(fact("terminated", of="S-9", id="8")) == []
    assert len(await town.hears(wish(A, id="9"), wish(A, "R-2", id="9"), wish(B, id="9"))) == 2
    assert len(await town.hears(fact("activated", of="S-2", id="7"))) == 1


async def test_after_a_day_the_same_id_is_meant_anew_and_asked_anew() -> None:
    town = await town_with(A)
    await town.answer(fact("activated", numbers=[A], id="7"))
    await town.hears(order("number.unassign", A, subscription="S-1", cause="removed"))
    town.real += repeats.A_DAY * 1000

    assert await town.answer(fact("activated", numbers=[A], id="7")) == completed((A, "assigned"))
    assert len({command["id"] for command in town.asked("number.assign")}) == 2


def test_of_one_subject_the_last_128_messages_are_remembered() -> None:
    heard = repeats.Heard()
    for n in range(repeats.MOST + 1):
        heard = heard.with_one_more("/billing", str(n), 1)

    assert not heard.knows("/billing", "0", 1)
    assert heard.knows("/billing", "1", 1)
    assert not heard.knows("/ops", "1", 1)


async def test_what_others_ask_of_inventory_answers_no_request() -> None:
    town = await town_with(A, B)
    town.receives(fact("activated", numbers=[A]))
    await town.step("billing.events")
    before = town.documents("subscriptions")["S-1"]
    [id] = town.documents("pending")
    town.receives(order("number.update", B, routing="trunk-2"), order("number.update", B, id=id, golden=True))
    town.waiting["inventory.commands"] = town.waiting["inventory.commands"][1:]
    await town.step("inventory.commands")
    await town.step("inventory.events")

    assert town.documents("subscriptions")["S-1"] == before
    assert len(town.documents("pending")) == 1


async def test_two_lanes_that_write_one_subscription_do_not_lose_each_others_work() -> None:
    town = await town_with(A, B)
    await town.answer(fact("activated", numbers=[A]))

    slower = MemoryTransaction(MemoryStore(town.database, "provisioning"))
    work = Work(slower, NOW, 0, "/provisioning", lambda topic: 1)
    await town.services()[0].inputs[0].handle(work, [Taken(fact("changed", added=[B]), town.real)])
    await town.answer(fact("terminated"))
    with pytest.raises(Conflict):
        slower.commit()

    assert town.assigned_to("S-1") == []
    answer = await town.answer(fact("changed", added=[B]))
    assert answer == failed("subscription_ended", (B, "rejected", "subscription_ended"))


async def test_a_batch_decided_again_says_the_same() -> None:
    town = await town_with(A, B)
    event = fact("activated", numbers=[A, B])
    said = []
    for _ in range(2):  # no transaction is ever committed
        transaction = MemoryTransaction(MemoryStore(town.database, "provisioning"))
        work = Work(transaction, NOW, 0, "/provisioning", lambda topic: 1)
        await town.services()[0].inputs[0].handle(work, [Taken(event, town.real)])
        said.append(work.out)

    assert said[0] == said[1]


async def test_only_the_numbers_of_subscriptions_are_projected() -> None:
    town = await town_with(A)
    await town.hears(*reserved(B), in_bank(C), order("number.lock", C, remark="nuisance calls"))
    assert town.documents("holdings") == {}

    await town.answer(fact("activated", numbers=[A]))
    assert town.documents("holdings")[A]["owner"] == "S-1"
    await town.answer(fact("expired"))
    holding = town.documents("holdings")[A]
    assert (holding["owner"], holding["lost_by"], holding["cause"]) == (None, "S-1", "subscription_expired")
    await town.hears(order("number.release", A, remark="given up"))
    assert town.holdings() == {}


async def test_a_subscription_with_very_many_numbers_ends_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.provisioning.domain.progress.MOST_IN_FLIGHT", 3)
    monkeypatch.setattr(subscription, "MOST_ANSWERED", 4)
    numbers = [f"+65315811{n:02}" for n in range(10)]
    town = await town_with(*numbers)
    for number in numbers:
        await town.hears(order("number.assign", number, subscription="S-1", holder=ACME, remark="by hand"))
    town.receives(fact("terminated"))
    await town.step("billing.events")
    assert len(town.asked()) == 3

    [answer] = await town.hears()

    assert town.assigned_to("S-1") == []
    assert Answer(answer) == completed(*((number, "held") for number in numbers[:4]))


async def test_what_is_cut_from_a_long_answer_was_not_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "MOST_ANSWERED", 2)
    town = await town_with(A, B)

    assert (await town.answer(fact("activated", numbers=[A, B, C]))).numbers == [
        (A, "assigned"), (C, "rejected", "unknown_number"),
    ]  # fmt: skip


async def test_a_fact_without_time_happens_when_it_is_taken() -> None:
    town = await town_with(A)
    await town.answer(fact("activated", numbers=[A]))
    town.now += DAY
    await town.answer(fact("expired"))

    assert town.number(A)["since"] == NOW + DAY
