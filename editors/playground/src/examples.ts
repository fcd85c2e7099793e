/** Programs to begin with: the project's examples that need no other file. */

const files: Record<string, string> = import.meta.glob("../../../examples/*.vega.yaml", {
  query: "?raw",
  import: "default",
  eager: true,
});

export const examples = new Map(
  Object.entries(files)
    .map(([path, text]) => [path.replace(/^.*\/(.*)\.vega\.yaml$/, "$1"), text] as const)
    .filter(([, text]) => /^workflows:/m.test(text) && !/^include:/m.test(text)),
);
