/** The land registries' messages, with every field that they have. */
import type { Parcel } from '../../../schemas/types.ts';

export const record = {
  DC_ThuaDat: {
    thuaDatId: '01A000040012',
    maXa: '00004',
    soHieuToBanDo: '12',
    soThuTuThua: 105,
    soHieuToBanDoCu: '7',
    soThuTuThuaCu: '31',
    dienTich: 120.5,
    dienTichPhapLy: '120',
    laDoiTuongChiemDat: false,
    diaChi: 'Phường Ba Đình',
    loaiThuaDat: '1',
    ngayHieuLuc: '2025-07-01',
    ngayHetHieuLuc: '2045-07-01',
    DC_MucDichSuDung: [
      { maMucDichSuDung: 'ODT', dienTich: 80, thoiHanSuDung: 'Lâu dài', ngayHetHanSuDung: null },
      { maMucDichSuDung: 'CLN', dienTich: 40.5, thoiHanSuDung: '50 năm', ngayHetHanSuDung: '2068-10-15' },
    ],
    DC_NguonGocDat: [{ maNguonGoc: 'CNQ-CTT', dienTich: 120.5 }],
  },
  chuSuDung: [
    { loai: 'CA_NHAN', ten: 'Nguyễn Thị Thu Hà', soDinhDanh: '001190000019', tyLe: 50 },
    { loai: 'TO_CHUC', ten: 'CÔNG TY TNHH MẪU THỬ', maSoDoanhNghiep: '0109000015', tyLe: 30 },
    { loai: 'HO_GIA_DINH', ten: 'Hộ ông Lê Văn Thử', soCMND: '012345678', tyLe: 10 },
    { loai: 'CA_NHAN', ten: 'Johnson James', soHoChieu: 'C1234567', quocTich: 'US', tyLe: 10 },
  ],
  DC_GiayChungNhan: [
    {
      giayChungNhanId: 'GCN-0001',
      loaiGiayChungNhan: '4',
      soVaoSo: 'CS 00017',
      soPhatHanh: 'AA 01695788',
      maVach: '0169578800004',
      tenNguoiKy: 'Phạm Văn Ký',
      donViCap: 'Sở Nông nghiệp và Môi trường',
      ngayCap: '2025-08-12',
      daCongNhanPhapLy: true,
    },
  ],
  phienBan: 4,
};

export const parcel: Parcel = {
  provinceCode: '01',
  communeCode: '00004',
  mapSheet: '12',
  parcelNumber: '105',
  parcelId: '01A000040012',
  formerMapSheet: '7',
  formerParcelNumber: '31',
  recordVersion: 4,
  area: 120.5,
  legalArea: 120,
  landOccupyingObject: false,
  address: 'Phường Ba Đình',
  kind: '1',
  validFrom: '2025-07-01',
  validUntil: '2045-07-01',
  landUses: [
    { purposeCode: 'ODT', area: 80, term: 'Lâu dài' },
    { purposeCode: 'CLN', area: 40.5, term: '50 năm', expiresOn: '2068-10-15' },
  ],
  origins: [{ originCode: 'CNQ-CTT', area: 120.5 }],
  owners: [
    { type: 'person', fullName: 'Nguyễn Thị Thu Hà', personalId: '001190000019', sharePercent: 50 },
    {
      type: 'organization',
      fullName: 'CÔNG TY TNHH MẪU THỬ',
      enterpriseCode: '0109000015',
      sharePercent: 30,
    },
    {
      type: 'household',
      fullName: 'Hộ ông Lê Văn Thử',
      identityCardNumber: '012345678',
      sharePercent: 10,
    },
    {
      type: 'person',
      fullName: 'Johnson James',
      passportNumber: 'C1234567',
      nationality: 'US',
      sharePercent: 10,
    },
  ],
  certificates: [
    {
      certificateId: 'GCN-0001',
      kind: '4',
      registerNumber: 'CS 00017',
      certificateNumber: 'AA 01695788',
      barcode: '0169578800004',
      signedBy: 'Phạm Văn Ký',
      issuedBy: 'Sở Nông nghiệp và Môi trường',
      issuedOn: '2025-08-12',
      legallyRecognised: true,
    },
  ],
};

export const notFound = { maLoi: 'THUA_DAT_NOT_FOUND', thongBao: 'Không tìm thấy thửa đất' };
