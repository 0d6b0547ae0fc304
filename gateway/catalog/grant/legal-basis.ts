/** The legal basis of every `no_agreement`: without an agreement, state data is withheld. */
export const basisOfRefusal: readonly string[] = ['Nghị định 194/2025/NĐ-CP, Điều 16'];
