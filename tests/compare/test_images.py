import pytest

from compare import images
from compare.images import Image


def chat(*parts, text="Is there a fracture?"):
    content = [{"type": "text", "text": text}, *parts]
    return {
        "messages": [
            {"role": "system", "content": "You read images."},
            {"role": "user", "content": content},
        ]
    }


def shown(url, **more):
    return {"type": "image_url", "image_url": {"url": url, **more}}


DATA = "data:image/png;base64,AAAA"


def test_images_of_chat_and_of_responses_are_found():
    body = chat(shown(DATA), shown("https://pacs.test/1.png", detail="high"))
    assert images.of(body) == (Image(), Image("pacs.test", "high"))
    part = {"type": "input_image", "image_url": "http://pacs.test/1.png", "detail": "low"}
    assert images.of({"input": [{"role": "user", "content": [part]}]}) == (
        Image("pacs.test", "low"),
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": "x"},
        {"messages": [{"content": "x"}]},
        {"input": "x"},
        {"messages": [5]},
    ],
)
def test_a_request_without_images_has_none(body):
    assert images.of(body) == () and images.demands(body) == ()


@pytest.mark.parametrize("url", ["https://[bad", "https://", 5, None])
def test_an_address_that_is_none_does_no_harm(url):
    (found,) = images.of(chat(shown(url)))
    assert found.host in ("", "an address")


def test_what_a_server_may_not_meet_is_said_without_addresses():
    body = chat(shown(DATA), shown("https://pacs.test/1.png?key=secret", detail="high"))
    said = images.demands(body)
    assert len(said) == 3 and "2 images" in said[0] and "pacs.test" in said[1]
    assert "high" in said[2] and "secret" not in " ".join(said)
    assert images.demands(chat(shown(DATA, detail="auto"))) == ()


def test_the_question_is_in_the_user_s_last_message():
    body = chat(shown(DATA))
    body["messages"].append({"role": "assistant", "content": "Yes."})
    assert images.question(body) == "Is there a fracture?"
    body["messages"].append({"role": "user", "content": "Where?"})
    assert images.question(body) == "Where?"
    assert images.question({"input": "Where?"}) == "Where?" and images.question({}) == ""
