/** A page as a real browser has it once its scripts have run. */

export const CHROMIUM = Bun.which('chromium') ?? Bun.which('chromium-browser') ?? Bun.which('google-chrome');
export const REASON = CHROMIUM === null ? ' (skipped: Chromium is not installed; apt-get install chromium)' : '';

/** The page at this address, as HTML, without any network but this machine. */
export async function openPage(url: string, profile: string): Promise<string> {
  const child = Bun.spawn(
    [
      CHROMIUM ?? 'chromium',
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--window-size=1000,2000',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
      '--virtual-time-budget=5000',
      `--user-data-dir=${profile}`,
      '--dump-dom',
      url,
    ],
    { stdout: 'pipe', stderr: 'ignore' },
  );
  const dom = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`Chromium ended with ${child.exitCode}`);
  return dom;
}
