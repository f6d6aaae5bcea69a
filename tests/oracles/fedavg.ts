export type Client = { weights: number[]; examples: number };

/**
 * McMahan et al. 2017, algorithm 1, the server's last line, over weights and not over deltas:
 * `w_{t+1} <- sum_k (n_k / n) w^k_{t+1}`.
 */
export function fedAvg(clients: readonly Client[]): number[] {
  let n = 0;
  for (const client of clients) n += client.examples;
  const next = clients[0]!.weights.map(() => 0);
  for (const client of clients)
    for (let i = 0; i < next.length; i++) next[i]! += (client.examples / n) * client.weights[i]!;
  return next;
}
