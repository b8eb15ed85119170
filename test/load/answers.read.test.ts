import { describe, expect, test } from 'vitest';
import { Answers } from './answers.ts';

const ANSWER = Buffer.from('HTTP/1.1 429 Too Many\r\nRetry-After: 5\r\ncontent-length: 11\r\n\r\n{"ok":true}');

describe('reading an answer', () => {
  test('it is the same however its bytes are cut', () => {
    for (let cut = 1; cut < ANSWER.length; cut++) {
      const answers = new Answers();
      expect(answers.read(ANSWER.subarray(0, cut))).toBeNull();
      expect(answers.read(ANSWER.subarray(cut))).toBe(429);
    }
  });

  test('one follows another on the same connection', () => {
    const answers = new Answers();
    expect([answers.read(ANSWER), answers.read(ANSWER)]).toEqual([429, 429]);
  });

  test('a part kept for later does not change when the socket writes over its buffer', () => {
    const answers = new Answers();
    const chunk = Buffer.from(ANSWER.subarray(0, 40));
    answers.read(chunk);
    chunk.fill(0);
    expect(answers.read(ANSWER.subarray(40))).toBe(429);
  });

  test('an answer without Content-Length, and more bytes than asked for, are errors', () => {
    expect(() => new Answers().read(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))).toThrow('Content-Length');
    expect(() => new Answers().read(Buffer.concat([ANSWER, ANSWER]))).toThrow('more than one answer');
  });
});
