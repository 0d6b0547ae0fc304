/** A line of business: the code of VSIC 2018 (Decision 27/2018/QĐ-TTg), and how names of enterprises say it. */
export interface Activity {
  readonly code: string;
  readonly name: string;
  /** In the name of an enterprise, Vietnamese and English. */
  readonly trade: readonly [vietnamese: string, english: string];
}

export const ACTIVITIES: readonly Activity[] = [
  activity('4101', 'Xây dựng nhà để ở', 'XÂY DỰNG', 'CONSTRUCTION'),
  activity('4210', 'Xây dựng công trình đường sắt và đường bộ', 'XÂY DỰNG CẦU ĐƯỜNG', 'ROAD CONSTRUCTION'),
  activity(
    '4322',
    'Lắp đặt hệ thống cấp, thoát nước, hệ thống sưởi và điều hoà không khí',
    'CƠ ĐIỆN',
    'MECHANICAL ELECTRICAL',
  ),
  activity('4649', 'Bán buôn đồ dùng khác cho gia đình', 'THƯƠNG MẠI', 'TRADING'),
  activity('4632', 'Bán buôn thực phẩm', 'THỰC PHẨM', 'FOODS'),
  activity(
    '4663',
    'Bán buôn vật liệu, thiết bị lắp đặt khác trong xây dựng',
    'VẬT LIỆU XÂY DỰNG',
    'BUILDING MATERIALS',
  ),
  activity(
    '4711',
    'Bán lẻ lương thực, thực phẩm, đồ uống, thuốc lá trong các cửa hàng kinh doanh tổng hợp',
    'BÁN LẺ',
    'RETAIL',
  ),
  activity('4933', 'Vận tải hàng hoá bằng đường bộ', 'VẬN TẢI', 'TRANSPORT'),
  activity('5229', 'Hoạt động dịch vụ hỗ trợ khác liên quan đến vận tải', 'LOGISTICS', 'LOGISTICS'),
  activity('5510', 'Dịch vụ lưu trú ngắn ngày', 'KHÁCH SẠN', 'HOTEL'),
  activity('5610', 'Nhà hàng và các dịch vụ ăn uống phục vụ lưu động', 'ẨM THỰC', 'CATERING'),
  activity('6201', 'Lập trình máy vi tính', 'PHẦN MỀM', 'SOFTWARE'),
  activity('6202', 'Tư vấn máy vi tính và quản trị hệ thống máy vi tính', 'CÔNG NGHỆ', 'TECHNOLOGY'),
  activity(
    '6810',
    'Kinh doanh bất động sản, quyền sử dụng đất thuộc chủ sở hữu, chủ sử dụng hoặc đi thuê',
    'BẤT ĐỘNG SẢN',
    'REAL ESTATE',
  ),
  activity('7020', 'Hoạt động tư vấn quản lý', 'TƯ VẤN', 'CONSULTING'),
  activity('7110', 'Hoạt động kiến trúc và tư vấn kỹ thuật có liên quan', 'KIẾN TRÚC', 'ARCHITECTURE'),
  activity('7310', 'Quảng cáo', 'QUẢNG CÁO', 'ADVERTISING'),
  activity('7912', 'Điều hành tua du lịch', 'DU LỊCH', 'TRAVEL'),
  activity('1410', 'May trang phục (trừ trang phục từ da lông thú)', 'MAY MẶC', 'GARMENT'),
  activity('1020', 'Chế biến, bảo quản thuỷ sản và các sản phẩm từ thuỷ sản', 'THUỶ SẢN', 'SEAFOOD'),
  activity('1621', 'Sản xuất gỗ dán, gỗ lạng, ván ép và ván mỏng khác', 'GỖ', 'WOOD'),
  activity('2511', 'Sản xuất các cấu kiện kim loại', 'CƠ KHÍ', 'MECHANICS'),
  activity('2220', 'Sản xuất sản phẩm từ plastic', 'NHỰA', 'PLASTICS'),
  activity('0118', 'Trồng rau, đậu các loại và trồng hoa', 'NÔNG SẢN', 'AGRICULTURE'),
  activity('8559', 'Giáo dục khác chưa được phân vào đâu', 'GIÁO DỤC', 'EDUCATION'),
  activity('8620', 'Hoạt động của các phòng khám đa khoa, chuyên khoa và nha khoa', 'Y TẾ', 'MEDICAL'),
];

function activity(code: string, name: string, vietnamese: string, english: string): Activity {
  return { code, name, trade: [vietnamese, english] };
}
