import { afterEach, describe, expect, test } from 'vitest';
import { BoundedThread, type BoundedThreadOptions } from '../../src/threads/bounded_thread.ts';

const script = new URL('./misbehaving.ts', import.meta.url);

let thread: BoundedThread<string, string>;
afterEach(() => thread.close());

function start(options: Partial<BoundedThreadOptions> = {}): void {
  thread = new BoundedThread(script, { seconds: 30, megabytes: 64, ...options });
}

describe('a bounded thread', () => {
  test('answers in order, one question at a time', async () => {
    start({ data: 'data ' });
    const answers = ['a', 'b', 'c'].map((question) => thread.ask(question));
    expect(thread.load).toBe(3);
    expect(await Promise.all(answers)).toEqual(['data a 1', 'data b 2', 'data c 3']);
    expect(thread.load).toBe(0);
  });

  test('hands on errors, and goes on', async () => {
    start();
    await expect(thread.ask('fail')).rejects.toMatchObject({ kind: 'dataset', message: 'the row is malformed' });
    await expect(thread.ask('crash')).rejects.toThrow(new TypeError('not a function'));
    expect(await thread.ask('a')).toBe('a 3');
  });

  test.each([
    ['loop', { seconds: 0.2 }, { limit: 'time', message: 'does not end within 0.2 s' }],
    ['fill', {}, { limit: 'memory', message: 'takes more than 64 MB of memory' }],
    ['exit', {}, { message: 'the thread ended before it answered' }],
  ])('gives up a question that does not end well, and answers the others: %s', async (question, options, failure) => {
    start(options);
    const [bad, good] = [thread.ask(question), thread.ask('a')];
    await expect(bad).rejects.toMatchObject(failure);
    expect(await good).toBe('a 1');
  });

  test('stops with the signal, also for questions to come', async () => {
    const stop = new AbortController();
    start({ signal: stop.signal });
    const questions = [thread.ask('loop'), thread.ask('a')];
    stop.abort(new Error('enough'));
    for (const question of [...questions, thread.ask('b')]) await expect(question).rejects.toThrow('enough');
  });

  test('rejects what waits when it is closed', async () => {
    start();
    const waiting = thread.ask('loop');
    await Promise.all([expect(waiting).rejects.toThrow('the thread was closed'), thread.close()]);
    await expect(thread.ask('a')).rejects.toThrow('the thread was closed');
  });

  test('says that it cannot start', async () => {
    thread = new BoundedThread(new URL('./nowhere.ts', import.meta.url), { seconds: 1, megabytes: 64 });
    await expect(thread.ask('a')).rejects.toThrow(/^the thread did not start \(.*nowhere\.ts/);
  });
});
