"""How long the breaker of the language model remembers calls."""

import pytest

from ocma.features.assistant.guard import CALLS, policy_of


@pytest.mark.parametrize("timeout", [2, 10, 20, 120])
def test_one_who_asks_again_and_again_opens_it_though_each_call_takes_its_whole_time(timeout):
    policy = policy_of(15, probe=2 * timeout)
    assert policy.window >= max(60, (CALLS - 1) * timeout)
