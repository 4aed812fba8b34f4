"""The linked panels of the page: one component of plain HTML, CSS and JavaScript."""
