// The structures of CWire are what this module's functions take and give, so whoever imports Wire sees their fields.
@_exported public import CWire
