import { afterEach, expect, test, vi } from 'vitest';
import { consoleListener } from '../../src/commands/shared/console.ts';
import type { Task } from '../../src/harness/task/task.ts';

afterEach(() => void vi.useRealTimers());

test('the line of texts that a model writes counts its tokens', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const lines: string[] = [];
  const sink = { isTTY: true, columns: 80, write: (text: string) => lines.push(text) };
  const { progress } = consoleListener(sink, false, new Map([['/models/m', 'm']]), 'texts');
  const task = { name: 'math_500' } as Task;
  progress('/models/m', task, 0, 8, 0);
  vi.advanceTimersByTime(2000);
  progress('/models/m', task, 0, 8, 1234);
  expect(lines[0]).toMatch(/m {2}math_500 {2}0\/8 texts$/);
  expect(lines[1]).toMatch(/m {2}math_500 {2}0\/8 texts, 617 tokens\/s, 1,234 tokens$/);
});
