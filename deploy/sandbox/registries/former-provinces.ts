/**
 * The 63 provinces before the merger of 2025-07-01, by the province that each is part of now.
 *
 * A personal identification number begins with `0` and the code of the province of birth registration as it was
 * then: all 63 codes stay valid in numbers (Resolution 202/2025/QH15; codes of Decision 124/2004/QĐ-TTg).
 */
export const FORMER_PROVINCES: Readonly<Record<string, readonly string[]>> = {
  '01': ['01'],
  '04': ['04'],
  '08': ['08', '02'],
  '11': ['11'],
  '12': ['12'],
  '14': ['14'],
  '15': ['15', '10'],
  '19': ['19', '06'],
  '20': ['20'],
  '22': ['22'],
  '24': ['24', '27'],
  '25': ['25', '26', '17'],
  '31': ['31', '30'],
  '33': ['33', '34'],
  '37': ['37', '35', '36'],
  '38': ['38'],
  '40': ['40'],
  '42': ['42'],
  '44': ['44', '45'],
  '46': ['46'],
  '48': ['48', '49'],
  '51': ['51', '62'],
  '52': ['52', '64'],
  '56': ['56', '58'],
  '66': ['66', '54'],
  '68': ['68', '67', '60'],
  '75': ['75', '70'],
  '79': ['79', '74', '77'],
  '80': ['80', '72'],
  '82': ['82', '87'],
  '86': ['86', '83', '84'],
  '91': ['91', '89'],
  '92': ['92', '93', '94'],
  '96': ['96', '95'],
};

/** The province of today that a former province is part of: `17` (Hoà Bình) → `25` (Phú Thọ). */
export const SUCCESSORS: ReadonlyMap<string, string> = new Map(
  Object.entries(FORMER_PROVINCES).flatMap(([code, formers]) =>
    formers.map((former) => [former, code] as const),
  ),
);
