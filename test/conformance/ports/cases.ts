import { afterAll, beforeAll, describe, it } from 'vitest';

/** Test name to the reason why this platform differs. */
export type Skips = Readonly<Record<string, string>>;

export interface Opened<Port> {
  readonly port: Port;
  readonly close?: () => Promise<void>;
}

export type Case<Port> = (name: string, run: (port: Port) => Promise<void>) => void;

/** A suite over one opened port. Its tests share the port, so each works on names of its own. */
export function describePort<Port>(
  title: string,
  open: () => Promise<Opened<Port>>,
  skips: Skips,
  cases: (test: Case<Port>) => void,
): void {
  describe(title, () => {
    let opened: Opened<Port> | undefined;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.close?.();
    });

    const unused = new Set(Object.keys(skips));
    cases((name, run) => {
      const reason = skips[name];
      unused.delete(name);
      if (reason !== undefined) {
        it.skip(`${name} (skipped: ${reason})`, () => {});
        return;
      }
      it(name, async () => {
        if (opened === undefined) throw new Error('the port did not open');
        await run(opened.port);
      });
    });
    if (unused.size > 0) throw new Error(`no such test to skip: ${[...unused].join(', ')}`);
  });
}
