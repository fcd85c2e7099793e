/** How programs look and what the editor does while they are typed. */

import * as monaco from "./monaco";

export const LANGUAGE = "vega";

const configuration: monaco.languages.LanguageConfiguration = {
  comments: { lineComment: "#" },
  brackets: [
    ["{", "}"],
    ["[", "]"],
    ["(", ")"],
    ["<<", ">>"],
  ],
  autoClosingPairs: [
    { open: "{", close: "}" },
    { open: "[", close: "]" },
    { open: "(", close: ")" },
    { open: "<<", close: ">>" },
    { open: '"', close: '"', notIn: ["string"] },
  ],
  onEnterRules: [
    {
      beforeText: /^\s*(?:- )?[^#'"]*:\s*(?:[|>][-+]?)?\s*$/,
      action: { indentAction: monaco.languages.IndentAction.Indent },
    },
  ],
  folding: { offSide: true },
};

const expression: monaco.languages.IMonarchLanguageRule[] = [
  [/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/, "string"],
  [/\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/, "number"],
  [/(\|)(\s*)([A-Za-z_]\w*)/, ["operator", "white", "filter"]],
  [/\.[A-Za-z_]\w*/, "attribute"],
  [/\b(?:and|or|not|in|if|else)\b/, "keyword"],
  [/\b(?:true|false|null)\b/, "constant"],
  [/[A-Za-z_]\w*/, "variable"],
  [/[^\s>}]|[>}](?![>}])/, "operator"],
];

/** A state for the text of a scalar that ends where `end` fits. */
function text(end: RegExp, kind: string): monaco.languages.IMonarchLanguageRule[] {
  return [
    [/\\(?:<<|\{\{|.)/, kind],
    [/<<(?=[^\n]*>>)/, { token: "delimiter.hole", next: "@angle" }],
    [/\{\{/, { token: "delimiter.hole", next: "@brace" }],
    [end, { token: kind, next: "@pop" }],
    [/[^\\<{"']+|./, kind],
  ];
}

const grammar: monaco.languages.IMonarchLanguage = {
  defaultToken: "",
  tokenizer: {
    root: [
      [/^(\s*)(#.*)$/, ["white", "comment"]],
      [/\s#.*$/, "comment"],
      [/^(\s*)((?:- +)*)(if|then|elif|else|for|repeat|parallel|do|workflow|set|return|try|catch|finally|fail|remember|recall|ask|until)(:)(?=\s|$)/, ["white", "delimiter", "keyword", "delimiter"]],
      [/^(\s*)((?:- +)+)(for)(\s[^:]*)(:)(?=\s|$)/, ["white", "delimiter", "keyword", "variable", "delimiter"]],
      [/^(\s*)((?:- +)+)(send|save|key|type|name|description)(:)(?=\s|$)/, ["white", "delimiter", "tag", "delimiter"]],
      [/^(\s*)((?:- +)+)([A-Za-z_][\w-]*)([^:#"'{}]*)(:)(?=\s|$)/, ["white", "delimiter", "type", "tag", "delimiter"]],
      [/([A-Za-z_$][\w .$/-]*?)(\s*)(:)(?=\s|$)/, ["tag", "white", "delimiter"]],
      [/[|>][-+0-9]*$/, "delimiter"],
      [/<<(?=[^\n]*>>)/, { token: "delimiter.hole", next: "@angle" }],
      [/\{\{/, { token: "delimiter.hole", next: "@brace" }],
      [/"/, { token: "string", next: "@double" }],
      [/'/, { token: "string", next: "@single" }],
      [/[{}[\],]/, "delimiter"],
      [/[&*][\w-]+|![\w-]*/, "annotation"],
      [/(?:true|false|null)(?=\s*(?:$|[,}\]#]))/, "constant"],
      [/\$?\d+(?:\.\d+)?(?:ms|s|m|h)?(?=\s*(?:$|[,}\]#]))/, "number"],
      [/[^\s{}[\],<"'#:]+|./, ""],
    ],
    double: text(/"/, "string"),
    single: text(/'(?!')/, "string"),
    angle: [[/>>/, { token: "delimiter.hole", next: "@pop" }], [/$/, { token: "", next: "@pop" }], ...expression, [/\s+/, "white"]],
    brace: [[/\}\}/, { token: "delimiter.hole", next: "@pop" }], ...expression, [/\s+/, "white"]],
  },
};

const light = [
  { token: "tag", foreground: "22508f" },
  { token: "type", foreground: "0b7285", fontStyle: "bold" },
  { token: "keyword", foreground: "9c27b0" },
  { token: "delimiter.hole", foreground: "c2410c", fontStyle: "bold" },
  { token: "variable", foreground: "9a3412" },
  { token: "attribute", foreground: "9a3412" },
  { token: "filter", foreground: "795e26" },
  { token: "constant", foreground: "0000cc" },
  { token: "string", foreground: "20704a" },
  { token: "annotation", foreground: "795e26" },
];
const dark = [
  { token: "tag", foreground: "8ab4f8" },
  { token: "type", foreground: "5fd3e6", fontStyle: "bold" },
  { token: "keyword", foreground: "d59bf6" },
  { token: "delimiter.hole", foreground: "ffb454", fontStyle: "bold" },
  { token: "variable", foreground: "f7c48a" },
  { token: "attribute", foreground: "f7c48a" },
  { token: "filter", foreground: "e6db74" },
  { token: "constant", foreground: "82aaff" },
  { token: "string", foreground: "8fd6ae" },
  { token: "annotation", foreground: "e6db74" },
];

export function registerLanguage(): void {
  monaco.languages.register({ id: LANGUAGE, aliases: ["Vega"] });
  monaco.languages.setLanguageConfiguration(LANGUAGE, configuration);
  monaco.languages.setMonarchTokensProvider(LANGUAGE, grammar);
  const colors = { "editor.background": "#ffffff" };
  monaco.editor.defineTheme("vega-light", { base: "vs", inherit: true, rules: light, colors });
  monaco.editor.defineTheme("vega-dark", {
    base: "vs-dark",
    inherit: true,
    rules: dark,
    colors: { "editor.background": "#171c28" },
  });
}
