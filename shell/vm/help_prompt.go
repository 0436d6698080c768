package vm

// promptHelp is the help on the prompt: the keys, and what may be typed that is no Lua.
const promptHelp = `At the prompt:
  Enter          runs what was typed; a statement that is not complete goes on in the next line
  Tab            completes functions, options, files, and the names of images
                 in storage; again it shows what there is, and once more it chooses among it: then Tab
                 and the arrows go on to another, and Enter takes the choice, which runs nothing
  Up, Down       bring back what was entered before; Ctrl-R looks for a part of it
  Home, End      go to the ends of the line; Ctrl with an arrow goes over a word
  Ctrl-C         clears what was typed, or cancels what runs; variables are kept
  Ctrl-D         leaves; in the middle of a statement it gives up the statement
  Ctrl-L         clears the screen
  =x             shows the value of x; so does x alone
  x;             runs x and shows nothing of it
  _, _error      the last value, and the last error; traceback() tells where it came from
  client.push?   explains a verb, a module or a function; so do ?push and help push
  !command       runs a command of the system's shell
  exit, quit     leave; os.exit(n) leaves with a status

A pasted text is one entry, which the arrows bring back as a whole. A line that begins with a space, or
holds a key, a token or a password, is not written to the history.`
