package vm

import (
	"errors"

	lua "github.com/yuin/gopher-lua"
)

// errConstructor is of the one size of a table constructor that cannot be mended.
var errConstructor = errors.New("a table has 25550 items and then a call or ...; write the call in parentheses, or one item more")

// mendConstructors puts right what the compiler of gopher-lua 1.1.2 makes of table constructors. It
// stores items in blocks of 50, and
//
//   - when a name follows the last item of a block, it stores the block again, from registers that
//     hold something else by then;
//   - what a call or ... gives behind the last item of a block it stores over the block;
//   - behind the 511th block it forgets to say which one it is.
func mendConstructors(proto *lua.FunctionProto) error {
	const (
		perBlock  = 50
		mostBlock = 1<<9 - 1 // that an instruction can name; a larger one is the word behind it
	)
	code := proto.Code
	blocks := map[uint32]uint32{} // stored so far, by the register of the table
	for pc := 0; pc < len(code); pc++ {
		op, a, b, c := int(code[pc]>>26), code[pc]>>18&0xff, code[pc]&0x1ff, code[pc]>>9&0x1ff
		if op == lua.OP_NEWTABLE {
			blocks[a] = 0
		}
		if op != lua.OP_SETLIST {
			continue
		}
		if b == perBlock && pc > 0 && isField(code[pc-1], a) {
			code[pc] = uint32(lua.OP_MOVE)<<26 | a<<18 | a // nothing; and so is a word behind it, which is 0
			continue
		}
		blocks[a]++
		switch n := blocks[a]; {
		case c == 0 && pc+1 < len(code):
			pc++
			code[pc] = n
		case n <= mostBlock:
			code[pc] = code[pc]&^(mostBlock<<9) | n<<9
		default:
			return errConstructor
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		if err := mendConstructors(inner); err != nil {
			return err
		}
	}
	return nil
}

// isField tells whether an instruction stores what has a name in the table of a register.
func isField(instruction, table uint32) bool {
	op := int(instruction >> 26)
	return (op == lua.OP_SETTABLE || op == lua.OP_SETTABLEKS) && instruction>>18&0xff == table
}
