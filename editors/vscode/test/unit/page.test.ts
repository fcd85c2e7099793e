import assert from "node:assert/strict";
import { test } from "node:test";
import { graphPage } from "../../src/page";

test("a page shows every picture under its name", () => {
  const page = graphPage(
    [
      { workflow: "one", svg: "<svg id='1'></svg>" },
      { workflow: "two", svg: "<svg id='2'></svg>" },
    ],
    "abc",
    "https://source",
  );
  assert.match(page, /<h2>one<\/h2><svg id='1'>/);
  assert.match(page, /<h2>two<\/h2><svg id='2'>/);
});

test("only the page's own script runs", () => {
  const page = graphPage([{ workflow: "<script>x</script>", svg: "" }], "abc", "https://source");
  assert.match(page, /default-src 'none'/);
  assert.match(page, /script-src 'nonce-abc'/);
  assert.equal(page.match(/<script/g)?.length, 1);
});

test("a program without steps says so", () => {
  assert.match(graphPage([], "abc", ""), /nothing to draw/);
});
