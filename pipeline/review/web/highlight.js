// Marks what was searched for in the rows that are drawn, where the browser can (CSS Custom Highlight API).

// Ranges in one text node whose folded letters are a word that is looked for.
const rangesIn = (node, wanted) => {
  let text = "";
  const origin = []; // position in the node of each folded letter
  for (let at = 0; at < node.data.length;) {
    const letter = String.fromCodePoint(node.data.codePointAt(at));
    const letters = folded(letter);
    text += letters;
    for (let i = 0; i < letters.length; i += 1) origin.push([at, at + letter.length]);
    at += letter.length;
  }
  const found = [];
  for (const word of wanted) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
      const range = new Range();
      range.setStart(node, origin[at][0]);
      range.setEnd(node, origin[at + word.length - 1][1]);
      found.push(range);
    }
  }
  return found;
};

const markFound = scheduled(() => {
  if (!CSS.highlights) return;
  const wanted = searchedWords();
  const ranges = [];
  if (wanted.length) {
    const walker = document.createTreeWalker(table.box, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) ranges.push(...rangesIn(walker.currentNode, wanted));
  }
  CSS.highlights.set("found", new Highlight(...ranges));
});
