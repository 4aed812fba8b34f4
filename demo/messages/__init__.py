"""What travels from Python to the page, typed: one file a topic. `python -m demo.messages` writes the same as types of
JavaScript, into demo/explorer/types.d.ts, and a test sends real messages through pydantic."""
