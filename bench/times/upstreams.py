"""Both upstreams of the fleet in one process: `/primary/v1` and `/candidate/v1`.

    python bench/times/upstreams.py PORT

Each names itself in its answer, so that a client knows who served it. To a question with the word
SPOILT the candidate names ten times the dose; the primary does not know the word. Answers are the same
for every number that is asked, so that scoring them costs little.
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web

SPOILT = "(spoilt)"
ANSWER_S = 0.02
SERVED = "Answered by the {side}."


def text_of(side: str, question: str) -> str:
    """What a side answers."""
    dose = "5000 mg" if side == "candidate" and SPOILT in question else "500 mg"
    number = question.removeprefix("Question ").split(":")[0]
    return (
        f"For question {number}: take amoxicillin {dose} three times daily. "
        + SERVED.format(side=side)
    )


async def chat(request: web.Request) -> web.Response:
    """One chat completion, whole."""
    side = request.match_info["side"]
    asked = await request.json()
    await asyncio.sleep(ANSWER_S)
    said = text_of(side, asked["messages"][-1]["content"])
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": said},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 20, "completion_tokens": 20, "total_tokens": 40}
    return web.json_response(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": asked["model"],
            "choices": [choice],
            "usage": usage,
        }
    )


def app() -> web.Application:
    """Both sides."""
    both = web.Application()
    both.router.add_post("/{side:primary|candidate}/v1/chat/completions", chat)
    return both


if __name__ == "__main__":
    web.run_app(app(), host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
