"""The messages from Python to the page, typed: one file per topic. `python -m demo.messages` writes the same types for
JavaScript, into demo/explorer/types.d.ts, and a test sends real messages through pydantic."""
