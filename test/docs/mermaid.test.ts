import { describe, expect, it } from 'vitest';
import { codeBlocks, documents } from './documents.ts';
import { mermaidProblems } from './mermaid.ts';

describe('diagrams', () => {
  const diagrams = documents().flatMap((document) =>
    codeBlocks(document, 'mermaid').map(
      (code, position) => [`${document.path}, diagram ${position + 1}`, code] as const,
    ),
  );

  it.each(diagrams)('%s can be drawn', (_, code) => {
    expect(mermaidProblems(code)).toEqual([]);
  });

  it.each([
    ['a label without quotes', 'flowchart LR\n  a[some (label)] --> b'],
    ['a half arrow', 'flowchart LR\n  a -> b'],
    ['a subgraph left open', 'flowchart LR\n  subgraph x["X"]\n  a --> b'],
    ['an unknown kind', 'flowchat LR\n  a --> b'],
    ['a message to nobody', 'sequenceDiagram\n  participant a as A\n  a->>b: hello'],
    ['an else that closes nothing', 'sequenceDiagram\n  participant a as A\n  a->>a: x\n  end'],
    ['a relation without a label', 'erDiagram\n  EVENT ||--o{ PACK'],
  ])('%s is found', (_, code) => {
    expect(mermaidProblems(code)).not.toEqual([]);
  });
});
