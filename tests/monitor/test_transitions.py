"""Which action leads from which state to which."""

import pytest
import yaml

from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import transitions
from monitor.exceptions import UsageError
from monitor.model import FindingState

WAY = ["confirm", "approve", "notify", "dispute", "uphold", "rectify", "verify"]


def test_the_long_way_from_open_to_verified_is_allowed():
    state = "open"
    for name in WAY:
        state = transitions.check("f", state, name).to.value
    assert state == "verified"


def test_every_state_but_the_historic_one_has_a_way_on():
    ends = [state.value for state in FindingState if not transitions.allowed(state.value)]
    assert ends == ["historic"]


def test_sets_of_states_name_real_states_and_do_not_contradict_each_other():
    known = {state.value for state in FindingState}
    for states in (transitions.IN_LETTERS, transitions.SETTLED, transitions.TRUE, transitions.FALSE_ALARMS):
        assert states <= known
    assert not transitions.IN_LETTERS & transitions.SETTLED
    assert not transitions.TRUE & transitions.FALSE_ALARMS


@pytest.mark.parametrize(("state", "name"), [("open", "notify"), ("open", "rectify"), ("notified", "dismiss"),
                                             ("dismissed", "notify"), ("verified", "rectify"), ("open", "retract")])
def test_what_a_state_does_not_allow_is_refused_with_what_it_does(state, name):
    with pytest.raises(UsageError) as refused:
        transitions.check("f", state, name)
    assert all(each in str(refused.value) for each in transitions.allowed(state))


def test_nothing_is_decided_on_years_before_monitoring_nor_by_a_person_what_only_runs_see():
    with pytest.raises(UsageError, match="since"):
        transitions.check("f", "historic", "confirm")
    with pytest.raises(UsageError, match="no decision"):
        transitions.check("f", "notified", "overdue")


def test_a_state_that_nothing_leads_to_is_refused(tmp_path):
    held = yaml.safe_load(configuration.path_of("review.yaml").read_text("utf-8"))
    del held["actions"]["explain"]
    (tmp_path / "review.yaml").write_text(yaml.safe_dump(held, allow_unicode=True), "utf-8")
    configuration.use_office_folder(tmp_path)
    try:
        with pytest.raises(ConfigurationError, match="explained"):
            transitions.transitions()
    finally:
        configuration.use_office_folder(None)
