/** What a task file of one's own needs, as types. */
export type { Row } from './dataset/row.ts';
export type { DatasetSource } from './dataset/source.ts';
export type { Problem, PromptStyle, Question, Shuffle, Task } from './harness/task/task.ts';
