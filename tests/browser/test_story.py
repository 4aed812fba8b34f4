"""The sentence above the panels, and the story of one minute."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_look import part

MOVED = """() => [...document.querySelectorAll('#explorer [data-actor]')].flatMap((actor) => actor.getAnimations())
    .flatMap((one) => one.effect.getKeyframes()).flatMap((frame) => Object.keys(frame))
    .filter((name) => !['offset', 'computedOffset', 'easing', 'composite'].includes(name))"""
DRAWN = """(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"""


def shown(page: Page) -> set[str]:
    """Kinds of what is to be seen on the stage."""
    names = "(stage) => [...stage.children].filter((one) => one.style.opacity > 0).map((one) => one.dataset.actor)"
    return {name.rstrip("0123456789") for name in part(page, "story-stage").evaluate(names)}


def test_one_sentence_says_what_psa_is_beside_both_gates(look: Page) -> None:
    intro = part(look, "intro")
    expect(intro).to_contain_text("multiplies its features by one weight per channel and one number per place.")
    top = part(look, "heatmaps-panel").bounding_box()["y"]
    assert intro.bounding_box()["y"] + intro.bounding_box()["height"] <= top + 1
    for name in ("intro-bars", "intro-map"):
        assert part(look, name).evaluate(DRAWN) > 8
    look.get_by_role("tab", name="Change").click()
    expect(intro).to_be_hidden()


def test_the_story_plays_stops_and_can_be_left(look: Page) -> None:
    asked: list[str] = []
    look.on("request", lambda request: asked.append(request.url))
    part(look, "story-open").click()
    expect(part(look, "story-title")).to_have_text("A photo becomes features")
    assert shown(look) == {"photo"}
    expect(part(look, "story-words")).to_contain_text("32 small maps")  # the next beat, by itself
    assert set(look.evaluate(MOVED)) <= {"transform", "opacity"}, "anything else would make the browser lay out again"
    part(look, "story-play").click()
    expect(part(look, "story-play")).to_have_text("Play")
    look.keyboard.press("ArrowRight")
    expect(part(look, "story-title")).to_have_text("Space folds into bars")
    assert shown(look) == {"bars"}
    part(look, "story-play").click()
    expect(part(look, "story-words")).to_contain_text("Which places matter?")
    look.keyboard.press("Escape")
    expect(part(look, "story")).to_be_hidden()
    expect(part(look, "story-open")).to_be_focused()
    assert not [url for url in asked if "queue" in url or "upload" in url], "the story asks the server for nothing"


def test_five_still_pictures_where_nothing_may_move(visit: Callable[..., Page]) -> None:
    page = visit(390, 844, reduced_motion="reduce")
    part(page, "story-open").click()
    expect(part(page, "story-play")).to_be_hidden()
    seen = []
    for number in range(5):
        expect(part(page, "story-count")).to_have_text(f"{number + 1} of 5")
        seen.append(shown(page))
        assert page.evaluate(MOVED) == []
        if number < 4:
            part(page, "story-next").click()
    assert seen == [{"photo", "card"}, {"bars"}, {"map"}, {"card", "cover", "bar"}, {"photo", "skeleton"}]
    expect(part(page, "story-next")).to_be_disabled()
    part(page, "story-close").click()
    expect(part(page, "story")).to_be_hidden()


def test_a_network_without_psa_has_no_sentence_about_it(look: Page) -> None:
    look.locator('#explorer [data-example="02-without-psa"]').click()
    expect(part(look, "intro")).to_be_hidden()
