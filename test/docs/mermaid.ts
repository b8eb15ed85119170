/**
 * The part of Mermaid that the diagrams of this project keep to, checked line by line. It is smaller than Mermaid: what
 * passes here, Mermaid draws.
 */
const QUOTED = '"[^"]*"';
const NODE = `\\w+(?:\\[${QUOTED}\\]|\\[\\(${QUOTED}\\)\\]|\\(\\[${QUOTED}\\]\\)|\\{${QUOTED}\\})?`;
const NODES = `${NODE}(?: & ${NODE})*`;
const ARROW = `(?:-->|-\\.->|==>)(?:\\|${QUOTED}\\|)?`;
const NAME = '[A-Za-z]\\w*';

/** Each kind of diagram: what its lines may be, and which of them open or close a block. */
const KINDS: Record<string, { lines: RegExp; opens: RegExp; closes: RegExp }> = {
  flowchart: {
    lines: new RegExp(`^(?:${NODES}(?: ${ARROW} ${NODES})*|subgraph \\w+\\[${QUOTED}\\]|direction (?:LR|TB)|end)$`),
    opens: /^subgraph /,
    closes: /^end$/,
  },
  sequenceDiagram: {
    lines: new RegExp(
      `^(?:(?:participant|actor) ${NAME} as .+|${NAME}(?:->>|-->>|-\\))${NAME}: [^;#]+|Note (?:over|left of|right of) ${NAME}(?:,${NAME})?: [^;#]+|(?:alt|opt|loop|par|else|and) .+|end|autonumber)$`,
    ),
    opens: /^(?:alt|opt|loop|par) /,
    closes: /^end$/,
  },
  erDiagram: {
    lines: new RegExp(
      `^(?:${NAME} [|}][|o](?:--|\\.\\.)[|o][|{] ${NAME} : ${QUOTED}|${NAME} \\{|\\w+ \\w+(?: PK| FK)?(?: ${QUOTED})?|\\})$`,
    ),
    opens: / \{$/,
    closes: /^\}$/,
  },
};

/** What is wrong with a diagram; empty when nothing is. */
export function mermaidProblems(diagram: string): string[] {
  const [head = '', ...lines] = diagram
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const kind = KINDS[head.split(' ')[0] ?? ''];
  if (kind === undefined) return [`unknown kind of diagram: ${head}`];
  const depth = lines.reduce(
    (open, line) => (open < 0 ? open : open + Number(kind.opens.test(line)) - Number(kind.closes.test(line))),
    0,
  );
  return [
    ...lines.filter((line) => !kind.lines.test(line)).map((line) => `not understood: ${line}`),
    ...(depth === 0 ? [] : ['blocks are not closed one by one']),
    ...strangers(lines).map((name) => `not a participant: ${name}`),
  ];
}

/** Names that send or get a message and were not introduced. */
function strangers(lines: readonly string[]): string[] {
  const known = new Set(lines.map((line) => /^(?:participant|actor) (\w+) as /.exec(line)?.[1]));
  const named = lines.flatMap((line) => /^(\w+)(?:->>|-->>|-\))(\w+):/.exec(line)?.slice(1) ?? []);
  return named.filter((name) => !known.has(name));
}
