import t from 'tap';
import { RetryBudget } from '../../../adapters/upstream/retry-budget.ts';

function spend(budget: RetryBudget): number {
  let retries = 0;
  while (budget.withdraw()) retries++;
  return retries;
}

t.test('a quiet upstream may be retried a few times', async (t) => {
  t.equal(spend(new RetryBudget()), 10);
});

t.test('about one retry for ten calls', async (t) => {
  const budget = new RetryBudget();
  spend(budget);
  for (let call = 0; call < 500; call++) budget.deposit();
  t.ok(Math.abs(spend(budget) - 50) <= 1);
});

t.test('does not save up without end', async (t) => {
  const budget = new RetryBudget();
  for (let call = 0; call < 100_000; call++) budget.deposit();
  t.equal(spend(budget), 100);
});
