/** Open-R1's prompt for a problem with a formula for an answer; simple-evals' and Llama 3's before it. */
export function openR1Prompt(problem: string): string {
  return (
    'Solve the following math problem efficiently and clearly.  The last line of your response should be of the ' +
    "following format: 'Therefore, the final answer is: $\\boxed{ANSWER}$. I hope it is correct' (without quotes) " +
    'where ANSWER is just the final number or expression that solves the problem. Think step by step before answering.' +
    `\n\n${problem}`
  );
}
