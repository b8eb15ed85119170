import { createServer } from 'node:net';

/**
 * @param port 0 for any
 * @returns the port, free a moment ago
 * @throws Error that says what to do
 */
export function freePort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', ({ message }) => {
      reject(new Error(`Cannot listen on port ${port} (${message}). Set INLET_PORT to another one, or to 0 for any.`));
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}
