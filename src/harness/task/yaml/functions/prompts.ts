/** Prompts of AfriMMLU and AfriXNLI (Adelani et al. 2024, arXiv:2406.03368), by their numbers, as they are indented there. */

const choices = `
        A: {choice1}
        B: {choice2}
        C: {choice3}
        D: {choice4}
Answer: `;

export const afriMmluPrompts = [
  `You are a highly knowledgeable and intelligent artificial intelligence
                model answers multiple-choice questions about {subject}

                Question: {question}

                Choices:
                        A: {choice1}
                        B: {choice2}
                        C: {choice3}
                        D: {choice4}

                Answer:  `,
  `As an expert in {subject}, choose the most accurate answer to the question below.
Your goal is to select the correct option 'A', 'B', 'C', or 'D' by understanding the nuances of the topic.

Question: {question}
Choices:${choices}`,
  `You are a subject matter expert in {subject}.

  Utilizing your expertise in {subject}, answer the following multiple-choice question
  by picking 'A', 'B', 'C', or 'D'.

Question: {question}
Choices:${choices}`,
  `Analyze each question critically and determine the most correct option based on your understanding of the subject matter

Question: {question}
Choices:${choices}`,
  `Given your proficiency in {subject}, please answer the subsequent multiple-choice question with 'A', 'B', 'C', or 'D'.

Question: {question}
Choices:${choices}`,
] as const;

export const afriXnliPrompt = `Please identify whether the premise entails or contradicts the hypothesis in the following premise
    and hypothesis. The answer should be exact entailment, contradiction, or neutral.

    Premise: {premise}
    Hypothesis: {hypothesis}

    Is it entailment, contradiction, or neutral?`;
