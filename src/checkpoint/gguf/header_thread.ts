/** A thread that reads the header of a GGUF file. */
import { answerQuestions } from '../../threads/answer.ts';
import { parseHeader } from './parse_header.ts';

answerQuestions(parseHeader);
