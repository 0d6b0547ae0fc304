/** Why state data is withheld from those who have no agreement: the basis of every `no_agreement`. */
export const basisOfRefusal: readonly string[] = ['Nghị định 194/2025/NĐ-CP, Điều 16'];
