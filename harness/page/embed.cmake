# Puts the page together and writes it as a C file: cmake -DOUT=FILE -DPAGE=FOLDER -P embed.cmake
#
# page.html has three marks: @STYLE@ and @SCRIPT@ are replaced by all *.css and all *.js in the order of their names
# (10_core.js before 20_json.js), and at @DATA@ the page is cut in two, for the data of a run goes there.
function(read_all out pattern)
    file(GLOB files ${PAGE}/${pattern})
    list(SORT files)
    set(text "")
    foreach(file ${files})
        file(READ ${file} one)
        string(APPEND text "${one}")
    endforeach()
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Bytes as an array: a string literal of this length is more than compilers must take.
function(c_array out name text)
    file(WRITE ${OUT}.part "${text}")
    file(READ ${OUT}.part hex HEX)
    file(REMOVE ${OUT}.part)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(................................................................................)"
           "\\1\n" bytes "${bytes}")
    set(${out} "const unsigned char ${name}[] = {\n${bytes}\n};\nconst size_t ${name}_n = sizeof ${name};\n"
        PARENT_SCOPE)
endfunction()

file(READ ${PAGE}/page.html page)
read_all(style *.css)
read_all(script *.js)
foreach(mark STYLE SCRIPT DATA)
    string(FIND "${page}" "@${mark}@" at)
    if(at EQUAL -1)
        message(FATAL_ERROR "${PAGE}/page.html has no @${mark}@")
    endif()
endforeach()
string(FIND "${page}" "@DATA@" at)
string(SUBSTRING "${page}" 0 ${at} head)
math(EXPR behind "${at} + 6")
string(SUBSTRING "${page}" ${behind} -1 tail)
string(REPLACE "@STYLE@" "${style}" head "${head}")
string(REPLACE "@SCRIPT@" "${script}" tail "${tail}")
c_array(head_c report_page_head "${head}")
c_array(tail_c report_page_tail "${tail}")
file(WRITE ${OUT} "/* Made from harness/page by embed.cmake. */\n#include \"harness/report_html_impl.h\"\n\n${head_c}\n${tail_c}")
