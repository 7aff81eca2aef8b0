"""Using a screen as a person does, and reading all of it."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def sign_in(app: AppTest, token: str) -> AppTest:
    """Types a token into its form and sends it."""
    app.text_input(key="token").set_value(token)
    return press(app, "Sign in with it")


def sign_in_by_password(app: AppTest, name: str, password: str, code: str = "") -> AppTest:
    """Types who one is into the form and sends it."""
    for key, value in (("name", name), ("password", password), ("code", code)):
        app.text_input(key=key).set_value(value)
    return press(app, "Sign in")


def press(app: AppTest, label: str) -> AppTest:
    """Presses the button of that name."""
    next(button for button in app.button if button.label == label).click()
    return app.run()


def words_on(app: AppTest) -> str:
    """Every word that a screen shows, whatever element carries it."""
    kinds = (
        app.title, app.subheader, app.text, app.markdown, app.caption, app.error, app.warning,
        app.info, app.success, app.get("html"),
    )  # fmt: skip
    shown = [
        str(getattr(element, "value", "") or element.proto)
        for kind in kinds
        for element in kind
    ]
    shown += [f"{metric.label} {metric.value} {metric.delta}" for metric in app.metric]
    shown += [str(link.proto) for link in app.get("page_link")]
    shown += [frame.value.to_string() for frame in app.dataframe]
    return "\n".join(shown).replace("\\", "").replace("\u2060", "")
