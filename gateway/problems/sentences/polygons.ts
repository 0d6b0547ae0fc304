/** The sentence of each fault of a polygon's ring (`catalog/vocabulary/polygon-keyword.ts`). */
import type { PolygonFault } from '../../../adapters/geometry/polygon.ts';
import { type Sentence, say } from './sentence.ts';

export const polygonSentences: Readonly<Record<PolygonFault, Sentence>> = {
  too_large: say(
    'must have at most 100 rings with 20,000 positions together',
    'chỉ được có tối đa 100 vòng với tổng cộng 20.000 điểm',
  ),
  too_short: say('must have at least 4 positions', 'phải có ít nhất 4 điểm'),
  not_closed: say('must end where it begins', 'phải khép kín: điểm cuối trùng điểm đầu'),
  repeated_position: say('must not repeat a position', 'không được có hai điểm liên tiếp trùng nhau'),
  spike: say('must not go back along an edge', 'không được đi ngược lại trên một cạnh'),
  self_crossing: say('must not cross or touch itself', 'không được tự cắt hoặc tự chạm'),
  too_intricate: say(
    'has too many edges beside each other to be checked',
    'có quá nhiều cạnh nằm sát nhau, không kiểm tra được',
  ),
  rings_cross: say(
    'must meet another ring in a corner of both only',
    'chỉ được chạm vòng khác tại một đỉnh chung',
  ),
  hole_outside: say('must be inside the first ring', 'phải nằm trong vòng thứ nhất'),
  hole_in_hole: say('must be outside of every other hole', 'phải nằm ngoài mọi lỗ khác'),
  cut_in_two: say('must not cut the polygon in two', 'không được chia đa giác thành hai phần'),
};
