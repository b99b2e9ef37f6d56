"""test_endpoint - what the lab's own endpoint is held to is what a real API server does"""
# SPDX-License-Identifier: Apache-2.0
from lab import answers


def test_a_real_server_answers_as_the_endpoint_has_to(bare):
    assert answers.wrong(bare.client) == {}
