"""A page of HTML as a list of its elements, for tests."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Node:
    tag: str
    attributes: dict
    inside: tuple = ()
    pieces: list = field(default_factory=list)

    @property
    def text(self):
        return " ".join("".join(self.pieces).split())


class Tree(HTMLParser):
    """Every element in its order, with its text and the tags that it stands in."""

    EMPTY_TAGS = {"meta", "link", "input", "img", "image", "path", "rect", "br", "wbr"}

    def __init__(self, html):
        super().__init__()
        self.nodes, self._open = [], []
        self.feed(html)
        self.unclosed = [node.tag for node in self._open]

    def handle_starttag(self, tag, attributes):
        node = Node(tag, dict(attributes), tuple(parent.tag for parent in self._open))
        self.nodes.append(node)
        if tag not in self.EMPTY_TAGS:
            self._open.append(node)

    def handle_startendtag(self, tag, attributes):
        self.nodes.append(Node(tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data):
        for node in self._open:
            node.pieces.append(data)

    def all(self, *tags):
        return [node for node in self.nodes if node.tag in tags]

    def ids(self):
        return [node.attributes["id"] for node in self.nodes if "id" in node.attributes]
