// No text that people read stands in the code: it is in the catalogues of src/texts, in every language.
const ATTRIBUTES = new Set([
  "aria-label",
  "aria-valuetext",
  "aria-description",
  "title",
  "placeholder",
  "alt",
  "label",
]);
/** Names, of papers too, and signs of units, which are the same in all languages. */
const NAMES = new Set(
  "GeoJSON GeoParquet GraphiQL GraphQL CSV FlatGeobuf Letter Tabloid ft mi km ha"
    .split(" ")
    .concat("Noto Sans", "Noto Sans Medium"),
);
/** Words of GeoJSON, of keys and of names of the API, which look like texts. */
const TERMS = new Set("Point Polygon Feature Escape Enter Home End Shift Sqm History".split(" "));
const MEDIA = /^[\w-]+\/[\w.+-]+/;
const WORD = /\p{L}{2}/u;
const SENTENCE = /^\p{Lu}\p{Ll}+$|\p{Ll}{2,}[.,:;!?]? \p{L}+/u;

function isText(value) {
  const text = value.trim();
  return WORD.test(text) && !NAMES.has(text) && !MEDIA.test(text);
}

/** The parts of a string or a template that are written in the code. */
function partsOf(node) {
  if (node.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  if (node.type === "TemplateLiteral") return node.quasis.map(({ value }) => value.cooked);
  if (node.type === "JSXExpressionContainer") return partsOf(node.expression);
  if (node.type === "ConditionalExpression") return [...partsOf(node.consequent), ...partsOf(node.alternate)];
  if (node.type === "LogicalExpression") return [...partsOf(node.left), ...partsOf(node.right)];
  return [];
}

/** Whether a string is one of the code's own: a type, an import, a class of CSS, what a pattern or a font is called. */
function isCode(node) {
  if (/^(TSLiteralType|ImportDeclaration|Export\w+Declaration)$/.test(node.parent.type)) return true;
  for (let at = node.parent; at; at = at.parent) {
    if (at.type === "JSXAttribute" && !ATTRIBUTES.has(at.name.name)) return true;
    if (at.type === "CallExpression" && at.callee.name === "t") return true;
  }
  return false;
}

export const noText = {
  meta: {
    type: "problem",
    messages: { text: "Put {{text}} into the catalogues of src/texts, and t() here." },
    schema: [],
  },
  create(context) {
    const told = (node, text) =>
      context.report({ node, messageId: "text", data: { text: JSON.stringify(text.trim()) } });
    const look = (node) => {
      for (const part of partsOf(node)) if (isText(part)) told(node, part);
    };
    const guess = (node) => {
      for (const part of partsOf(node))
        if (SENTENCE.test(part) && isText(part) && !TERMS.has(part.trim()) && !isCode(node)) told(node, part);
    };
    return {
      JSXText: (node) => isText(node.value) && told(node, node.value),
      "JSXElement > JSXExpressionContainer": look,
      JSXAttribute: (node) => node.value && ATTRIBUTES.has(node.name.name) && look(node.value),
      "NewExpression[callee.name='Error']": (node) => node.arguments.slice(0, 1).forEach(look),
      Literal: guess,
      TemplateLiteral: guess,
    };
  },
};
