import { TellOperator } from '../../base/errors.ts';
import type { Answers } from './answers.ts';
import type { Question } from './questions.ts';

export interface Interview {
  /** All questions, given what was answered so far: an answer may bring further ones. */
  questions(answers: Answers): readonly Question[];
  /** What was answered before, or on the command line; it is checked like the others. */
  readonly given: Answers;
  /** Asks a person; undefined when they leave. Absent where nobody is there to be asked. */
  readonly ask?: (question: Question) => Promise<string | undefined>;
  /** Tells a person why an answer was not taken. */
  readonly refuse: (question: Question, reason: string) => void;
  /** Hears of every answer as soon as it is taken. */
  readonly save: (answers: Answers) => Promise<void>;
}

/**
 * Asks what is not answered yet, one thing after the other, and tests each answer. Gives all answers, or undefined when
 * the person left before the end.
 * @throws TellOperator where nobody can be asked and something has no usual answer, or an answer given is wrong
 */
export async function interview({ questions, given, ask, refuse, save }: Interview): Promise<Answers | undefined> {
  let answers: Answers = {};
  for (;;) {
    const question = questions(answers).find(({ key }) => !(key in answers));
    if (!question) return answers;
    const answer = await answerTo(question);
    if (answer === undefined) return undefined;
    answers = { ...answers, [question.key]: answer };
    await save(answers);
  }

  async function answerTo(question: Question): Promise<string | undefined> {
    const before = given[question.key];
    if (before !== undefined) {
      const reason = await question.check(before);
      if (reason === undefined) return before;
      if (!ask) throw new TellOperator('INIT_ANSWER', `${question.text}: "${before}" cannot be taken: ${reason}.`);
      refuse(question, reason);
    }
    if (!ask) {
      if (question.usual !== undefined) return question.usual;
      throw new TellOperator(
        'INIT_UNKNOWN',
        `${question.text}: neither the frames nor the command line tell it (\`bhtom-edge init --help\` lists the options).`,
      );
    }
    for (;;) {
      const typed = await ask(question);
      if (typed === undefined) return undefined;
      const answer = typed.trim() === '' ? (question.usual ?? '') : typed.trim();
      const reason = await question.check(answer);
      if (reason === undefined) return answer;
      refuse(question, reason);
    }
  }
}
