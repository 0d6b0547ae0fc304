/** Texts of the fields of the registries' records and requests (`schemas/`). */
export const recordTexts: Readonly<Record<string, string>> = {
  'Enterprise code: 10 digits, a dependent unit adds -001 to -999':
    'Mã số doanh nghiệp: 10 chữ số, đơn vị phụ thuộc thêm -001 đến -999',
  'Part of the name, in Latin letters; case, accents and spaces do not matter. A letter that the registry cannot compare is refused':
    'Một phần của tên, bằng chữ cái La-tinh; không phân biệt chữ hoa, dấu và khoảng trắng. Chữ cái mà cơ sở dữ liệu không so sánh được thì bị từ chối',
  'Province of the head office, 2 digits': 'Tỉnh, thành phố của trụ sở chính, 2 chữ số',
  'Records on one page': 'Số bản ghi trên một trang',
  'meta.nextPageToken of the page before; opaque':
    'meta.nextPageToken của trang trước; không cần hiểu nội dung',
  'Commune, ward or special zone, 5 digits': 'Xã, phường hoặc đặc khu, 5 chữ số',
  'Number of the map sheet in the commune': 'Số tờ bản đồ trong xã',
  'Number of the parcel on the sheet': 'Số thửa trên tờ bản đồ',
  'Legal form': 'Loại hình pháp lý',
  "The registry's code of the form": 'Mã loại hình của cơ sở dữ liệu',
  'Its name': 'Tên gọi',
  'Full name, as one text': 'Họ và tên đầy đủ, ghi trong một trường',
  'Registered head office': 'Trụ sở chính đã đăng ký',
  'Province, 2 digits; possibly one that was merged on 2025-07-01':
    'Tỉnh, thành phố, 2 chữ số; có thể là mã trước sáp nhập ngày 01/7/2025',
  'District, 3 digits: old records only': 'Quận, huyện, 3 chữ số: chỉ có ở bản ghi cũ',
  'House number and street': 'Số nhà, tên đường',
  'The whole address, as written': 'Địa chỉ đầy đủ, theo bản gốc',
  'Code of the business line (VSIC)': 'Mã ngành nghề (VSIC)',
  'Is it the main one?': 'Có phải ngành nghề chính không?',
  'Name of the person or organisation': 'Tên cá nhân hoặc tổ chức',
  'Contribution in whole đồng (VND)': 'Phần vốn góp, đồng Việt Nam',
  'Share of the charter capital, percent': 'Tỷ lệ trên vốn điều lệ, phần trăm',
  'Country as the registry writes it: a name or an ISO code':
    'Quốc gia theo cách ghi của cơ sở dữ liệu: tên hoặc mã ISO',
  "The registry's own number of the record": 'Số của bản ghi trong cơ sở dữ liệu',
  'Business code from before the national registry': 'Mã số kinh doanh trước khi có cơ sở dữ liệu quốc gia',
  'Name in Vietnamese': 'Tên tiếng Việt',
  'Abbreviated name': 'Tên viết tắt',
  'Name in a foreign language': 'Tên bằng tiếng nước ngoài',
  'Day of first registration': 'Ngày đăng ký lần đầu',
  'Day of the latest change of the registration': 'Ngày thay đổi đăng ký gần nhất',
  'How often the registration was changed': 'Số lần thay đổi đăng ký',
  'Legal status': 'Tình trạng pháp lý',
  'Legal representatives': 'Người đại diện theo pháp luật',
  'Charter capital in whole đồng (VND)': 'Vốn điều lệ, đồng Việt Nam',
  'Registered business lines': 'Ngành nghề kinh doanh đã đăng ký',
  'Members or founding shareholders': 'Thành viên góp vốn hoặc cổ đông sáng lập',
  'One page of enterprises; meta.nextPageToken of the answer leads to the next.':
    'Một trang doanh nghiệp; trang sau lấy bằng meta.nextPageToken của câu trả lời.',
  "The parcel's outline": 'Ranh giới thửa đất',
  'Always Polygon': 'Luôn là Polygon',
  'Rings, each closed; granted and withheld as one': 'Các vòng khép kín; được cấp hoặc giữ lại toàn bộ',
  'Which parcel it is': 'Thửa đất nào',
  'Province that keeps the record, 2 digits': 'Tỉnh, thành phố quản lý bản ghi, 2 chữ số',
  'GeoJSON Feature (RFC 7946) with a polygon in WGS 84, longitude before latitude, in degrees with 7 decimals (9 where corners are less than a centimetre apart). The first ring is the outline, counter-clockwise; the others are holes in it, clockwise.':
    'GeoJSON Feature (RFC 7946) với một đa giác theo WGS 84, kinh độ trước vĩ độ, đơn vị độ với 7 chữ số thập phân (9 khi các đỉnh cách nhau dưới một xăng-ti-mét). Vòng thứ nhất là ranh giới, ngược chiều kim đồng hồ; các vòng khác là phần khoét, theo chiều kim đồng hồ.',
  'Always Feature': 'Luôn là Feature',
  'Personal identification number, 12 digits': 'Số định danh cá nhân, 12 chữ số',
  'Enterprise code': 'Mã số doanh nghiệp',
  'By the personal identification number of a person or the enterprise code of an organisation: exactly one of the two.':
    'Theo số định danh của cá nhân hoặc mã số doanh nghiệp của tổ chức: đúng một trong hai.',
  'One page of parcels; meta.nextPageToken of the answer leads to the next.':
    'Một trang thửa đất; trang sau lấy bằng meta.nextPageToken của câu trả lời.',
  'Code of the purpose (ODT, CLN …)': 'Mã mục đích sử dụng (ODT, CLN …)',
  'Area used so, m²': 'Diện tích sử dụng vào mục đích đó, m²',
  'Term of use, as written': 'Thời hạn sử dụng, theo bản gốc',
  'Last day of use': 'Ngày hết hạn sử dụng',
  'Code of the origin of use': 'Mã nguồn gốc sử dụng',
  'Area of that origin, m²': 'Diện tích theo nguồn gốc đó, m²',
  'Personal identification number, of a person': 'Số định danh cá nhân, nếu là cá nhân',
  'Enterprise code, of an organisation': 'Mã số doanh nghiệp, nếu là tổ chức',
  'Enterprise code, of an organisation; of a household business the personal identification number of who is behind it, 12 digits':
    'Mã số doanh nghiệp, nếu là tổ chức; nếu là hộ kinh doanh thì là số định danh cá nhân 12 chữ số của người đứng tên',
  'Share of the right, percent': 'Tỷ lệ quyền, phần trăm',
  "The registry's own identifier of the certificate": 'Mã giấy chứng nhận trong cơ sở dữ liệu',
  "The registry's code of the kind of certificate": 'Mã loại giấy chứng nhận của cơ sở dữ liệu',
  'Bar code': 'Mã vạch',
  'Name of the official who signed': 'Tên người ký',
  'Issuing body': 'Cơ quan cấp',
  'Day of issue': 'Ngày cấp',
  'Is it recognised as valid?': 'Có được công nhận pháp lý không?',
  'A parcel of land with its uses, owners and certificates, as the land registry of a province records it. Areas are in square metres.':
    'Thửa đất với mục đích sử dụng, chủ sử dụng và giấy chứng nhận, theo cơ sở dữ liệu đất đai của tỉnh. Diện tích tính bằng mét vuông.',
  '12-character parcel identifier, where one was given': 'Mã thửa đất 12 ký tự, nếu đã được cấp',
  'Number of the map sheet before the last survey': 'Số tờ bản đồ trước lần đo đạc gần nhất',
  'Number of the parcel on that sheet': 'Số thửa trên tờ bản đồ đó',
  "The registry's version of the record": 'Phiên bản của bản ghi trong cơ sở dữ liệu',
  'Measured area, m²': 'Diện tích đo đạc, m²',
  'Area by the certificate, m²': 'Diện tích theo giấy chứng nhận, m²',
  'Is it an object that occupies land (laDoiTuongChiemDat)?': 'Có phải đối tượng chiếm đất không?',
  'Address of the land, as written': 'Địa chỉ thửa đất, theo bản gốc',
  "The registry's code of the kind of parcel": 'Mã loại thửa đất của cơ sở dữ liệu',
  'First day of this state of the parcel': 'Ngày đầu của tình trạng này',
  'Last day of it; absent while it lasts': 'Ngày cuối của tình trạng này; không có khi còn hiệu lực',
  'Purposes of use': 'Các mục đích sử dụng',
  'How the land came to be used': 'Nguồn gốc sử dụng đất',
  'Who has the right to use the land': 'Chủ sử dụng đất',
  'Certificates of land-use right': 'Giấy chứng nhận quyền sử dụng đất',
  'Moves the right to a parcel, or shares of it, from owners to others. What is given and what is taken must be equal; the record must still be of the version that the caller has seen.':
    'Chuyển quyền sử dụng thửa đất, toàn bộ hoặc một phần, từ chủ sử dụng sang người khác. Tổng tỷ lệ chuyển phải bằng tổng tỷ lệ nhận; bản ghi phải còn ở phiên bản mà bên gọi đã thấy.',
  'Version of the record that the caller has seen (recordVersion of land.parcel.lookup); another one is refused':
    'Phiên bản của bản ghi mà bên gọi đã thấy (recordVersion của land.parcel.lookup); phiên bản khác bị từ chối',
  'Who gives, each with the share that leaves them; an owner who keeps something gives less than they have':
    'Bên chuyển, mỗi bên kèm tỷ lệ chuyển đi; chủ sử dụng giữ lại một phần thì chuyển ít hơn phần đang có',
  'Who takes, each with the share that comes to them, on top of what they may have':
    'Bên nhận, mỗi bên kèm tỷ lệ nhận thêm vào phần có thể đã có',
  'Share of the right to the whole parcel, percent, to a hundredth':
    'Tỷ lệ quyền trên toàn thửa, phần trăm, đến hai chữ số thập phân',
  'A person by personal identification number or an organisation by enterprise code, exactly one of the two, and a share.':
    'Cá nhân theo số định danh hoặc tổ chức theo mã số doanh nghiệp, đúng một trong hai, và một tỷ lệ.',
  'Full name as written, in Latin letters; case, accents, spaces and punctuation do not matter. A letter that the registry cannot compare is refused':
    'Họ và tên, bằng chữ cái La-tinh; không phân biệt chữ hoa, dấu, khoảng trắng và dấu câu. Chữ cái mà cơ sở dữ liệu không so sánh được thì bị từ chối',
  'YYYY-MM-DD, or YYYY where only the year is known': 'YYYY-MM-DD, hoặc YYYY nếu chỉ biết năm',
  'Number of an old identity card, 9 digits, in place of the personal identification number':
    'Số chứng minh nhân dân, 9 chữ số, thay cho số định danh cá nhân',
  'By personal identification number or by the number of an old identity card: exactly one of the two. A name and a birth date, when given, must match the record.':
    'Theo số định danh cá nhân hoặc số chứng minh nhân dân: đúng một trong hai. Họ tên và ngày sinh, nếu có, phải khớp với dữ liệu.',
  'Name in its three parts; the middle name may be several words, and any part but one may be missing':
    'Họ tên theo ba phần; chữ đệm có thể gồm nhiều từ, phần nào cũng có thể thiếu nhưng phải còn ít nhất một phần',
  'Family name (họ)': 'Họ',
  'Middle name (chữ đệm)': 'Chữ đệm',
  'Given name (tên)': 'Tên',
  'Head of the household, and how the person is related to them': 'Chủ hộ, và quan hệ với chủ hộ',
  "Code of the person's relationship to the head": 'Mã quan hệ với chủ hộ',
  'Number of an old identity card, 9 digits': 'Số chứng minh nhân dân, 9 chữ số',
  'A citizen as the population registry records it.': 'Công dân, theo cơ sở dữ liệu quốc gia về dân cư.',
  Sex: 'Giới tính',
  'Code of the ethnic group, 2 digits (01 Kinh)': 'Mã dân tộc, 2 chữ số (01 Kinh)',
  'Code of the religion, 2 digits (00 none)': 'Mã tôn giáo, 2 chữ số (00 không)',
  'Marital status': 'Tình trạng hôn nhân',
  'Blood group': 'Nhóm máu',
  'YYYY-MM-DD, or YYYY where only the year is registered': 'YYYY-MM-DD, hoặc YYYY nếu chỉ đăng ký năm',
  'ISO 3166-1 alpha-2': 'Mã quốc gia theo ISO 3166-1 alpha-2',
  'Where the birth was registered': 'Nơi đăng ký khai sinh',
  'Place of origin (quê quán)': 'Quê quán',
  'Registered permanent residence': 'Nơi thường trú',
  'Where the person lives now': 'Nơi ở hiện tại',
  Father: 'Cha',
  Mother: 'Mẹ',
  'Husband or wife': 'Vợ hoặc chồng',
  'Legal representative': 'Người đại diện',
  "A place in a person's record. Units are those of the time of writing: since 2025-07-01 there are no districts, but old records still name one.":
    'Địa chỉ trong dữ liệu của một công dân. Đơn vị hành chính theo thời điểm ghi: từ 01/7/2025 không còn cấp huyện, nhưng bản ghi cũ vẫn có.',
  'Province, 2 digits; in old records possibly one that was merged on 2025-07-01':
    'Tỉnh, thành phố, 2 chữ số; ở bản ghi cũ có thể là mã trước sáp nhập ngày 01/7/2025',
  'House number, street, hamlet, as written': 'Số nhà, đường, thôn xóm, theo bản gốc',
  "As much as the person's own record says about somebody else.":
    'Thông tin về người khác trong dữ liệu của chính công dân đó.',
  'Do these three belong to one person? By personal identification number or by the number of an old identity card: exactly one of the two.':
    'Số, họ tên và ngày sinh có phải của cùng một người không? Theo số định danh cá nhân hoặc số chứng minh nhân dân: đúng một trong hai.',
  'Nothing else is disclosed; a number that nobody has does not match.':
    'Không cung cấp gì thêm; số không tồn tại là không khớp.',
  'Do number, name and birth date belong to one person?':
    'Số, họ tên và ngày sinh có phải của cùng một người không?',
  'The new residence': 'Nơi thường trú mới',
  'Province, 2 digits': 'Tỉnh, thành phố, 2 chữ số',
  'Registers where a person permanently lives. The person heads a household of their own there.':
    'Đăng ký nơi thường trú của một công dân, là chủ hộ tại đó.',
  'What the commune is called, where that is known; absent in old addresses':
    'Tên xã, phường, nếu biết; không có ở địa chỉ cũ',
  'An enterprise, a dependent unit of one or a household business, as the business registry records it.':
    'Doanh nghiệp, đơn vị phụ thuộc hoặc hộ kinh doanh, theo cơ sở dữ liệu đăng ký doanh nghiệp.',
  'Enterprise code, which is its tax code: 10 digits, a dependent unit adds -001 to -999. Of a household business, since 2025-07-01, the personal identification number of who is behind it, 12 digits':
    'Mã số doanh nghiệp, đồng thời là mã số thuế: 10 chữ số, đơn vị phụ thuộc thêm -001 đến -999. Với hộ kinh doanh, từ 01/7/2025, là số định danh cá nhân của người đại diện, 12 chữ số',
  'Who it is: a person, a household, husband and wife, a group of co-owners under one name, a community, an organisation':
    'Loại chủ sử dụng đất: cá nhân, hộ gia đình, vợ chồng, nhóm người cùng sử dụng đất, cộng đồng dân cư, tổ chức',
  'Name, as one text and as written (Hộ ông …)': 'Tên, ghi trong một trường, theo bản gốc (Hộ ông …)',
  'Personal identification number, of a person or of who stands for a household':
    'Số định danh của cá nhân hoặc của người đại diện hộ gia đình',
  'Number of an old identity card, 9 digits, where the registry has no other':
    'Số chứng minh nhân dân, 9 chữ số, nếu cơ sở dữ liệu không có số khác',
  'Number of a passport, as written: of foreigners and of Vietnamese who live abroad':
    'Số hộ chiếu, theo bản gốc: của người nước ngoài và người Việt Nam định cư ở nước ngoài',
  'Number in the register of certificates (số vào sổ), as written: CS 00123, CH-00123/2019':
    'Số vào sổ cấp giấy chứng nhận, theo bản gốc: CS 00123, CH-00123/2019',
  'Number printed on the certificate (số phát hành): AA 01695788, AM 143443':
    'Số phát hành in trên giấy chứng nhận: AA 01695788, AM 143443',
  'What the province is called today, where that is known': 'Tên tỉnh, thành phố hiện nay, nếu biết',
  'What the commune is called, where that is known': 'Tên xã, phường, nếu biết',
};
