"""Write the types of the page's messages for JavaScript: `python -m demo.messages`."""

from pathlib import Path

from demo.messages.javascript import declarations

PATH = Path(__file__).parent.parent / "explorer" / "types.d.ts"

if __name__ == "__main__":
    PATH.write_text(declarations(), encoding="utf-8")
