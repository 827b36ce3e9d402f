// The encoding of values that leave a Lua state. One flat byte string beside a list of references.
//
//   parcel   := flags:u8 count:u8|(255 u32) value{count} [globals]
//   globals  := n:u32 (name:string value){n}          if flags has kHasGlobals; before the values
//                                                     if it has kGlobalsFirst
//   value    := tag:u8 body
//
// Tables, functions and what travels by `__transfer` are numbered in the order in which they begin;
// kBackReference names one of them, which is how cycles, sharing and recursion travel. Integers are
// in host order: parcels stay on the machine.
//
// The bytes are hostile to a decoder: whatever they say, it either gives values or raises, and what
// it allocates is bounded by their number. The references are not: only an encoder of this process
// makes them. So code never comes from the bytes, nor do they say what is called: bytecode, which
// Lua does not verify, is in a FunctionBlob, the name of what a kTransfer calls in an object too.
// An object says itself what it is (Shared::parcel_tag).
#pragma once

#include <cstdint>

namespace tidemill::lua::wire {

enum Flags : std::uint8_t {
  kVersion = 0x10,  ///< the high four bits are the version
  kVersionMask = 0xF0,
  kHasBackReferences = 1,  ///< the decoder must number tables and functions
  kHasGlobals = 2,
  kGlobalsFirst = 4,  ///< what rebuilds values may use them
};

enum Tag : std::uint8_t {
  kNil,
  kFalse,
  kTrue,
  kByte,         ///< u8: an integer 0..255
  kInteger,      ///< i64
  kFloat,        ///< f64, all bits
  kShortString,  ///< length:u8 bytes
  kLongString,   ///< length:u32 bytes
  kBlobString,   ///< reference:u32; a string too long to be copied often
  kTable,  ///< flags:u8 array:u32 pairs:u32, value{array}, (key value){pairs}, [metatable value]
  kClass,  ///< name:string module:string; a metatable registered by that name, when the module
           ///< loads
  kClassDefinition,  ///< name:string value; the same, of a script: the value, if none is registered
  kBackReference,    ///< number:u32
  kHandle,           ///< kind:u8 reference:u32
  kOwner,            ///< the task that keeps this parcel
  kLibrary,          ///< name:string; a library value, known to every state by that name
  kModule,           ///< name:string; what require(name) gives
  kModuleField,      ///< module:string field:string
  kTransfer,  ///< values:u32 function value{values-1}; the result of the call. The function is a
              ///< kFunction, a kCallee, or a back reference to a Lua function
  kCallee,    ///< reference:u32; a function by name, which is in the object
  kFrozen,    ///< reference:u32 node:u32; a table of a frozen tree
  kFunction,  ///< blob reference:u32 upvalues:u8 upvalue{upvalues}
  // upvalue := kValue value | kEnvironment | kSharedUpvalue function:u32 index:u8
  kValue,
  kEnvironment,  ///< the receiver's globals; also a value
  kSharedUpvalue,
};

inline constexpr std::uint8_t kHasMetatable = 1;

/// Shared::parcel_tag of the objects that parcels refer to: handles have their kind + 1.
enum ObjectTag : std::uint8_t {
  kFunctionBlob = 0xFF,
  kStringBlob = 0xFE,
  kFrozenTree = 0xFD,
  kCalleeName = 0xFC,  ///< a StringBlob: a kLibrary, kModule or kModuleField
};

}  // namespace tidemill::lua::wire
